import { assertEquals, assertStringIncludes } from "@std/assert";
import { App, csp } from "fresh";
import { client } from "./support.ts";

Deno.test("csp() sets a policy on every response, also where headers cannot be changed", async () => {
  const app = new App().use(csp())
    .get("/", (ctx) => ctx.text("a"))
    .get("/away", () => Response.redirect("https://a.test/", 303));
  const request = client(app);
  assertStringIncludes(
    (await request("/")).headers.get("content-security-policy")!,
    "default-src 'self'; script-src",
  );
  const away = await request("/away");
  assertEquals([away.status, away.headers.get("location")], [303, "https://a.test/"]);
  assertStringIncludes(away.headers.get("content-security-policy")!, "object-src 'none'");
});

Deno.test("a directive of one's own takes the default's place, and new ones are added", async () => {
  const app = new App().use(csp({ csp: ["img-src 'self' blob:;", "Trusted-Types default"] }))
    .get("/", (ctx) => ctx.text("a"));
  const policy = (await client(app)("/")).headers.get("content-security-policy")!;
  assertEquals(policy.match(/img-src[^;]*/g), ["img-src 'self' blob:"]);
  assertStringIncludes(policy, "; Trusted-Types default");
});

Deno.test("reportOnly and reportTo change the header and name the endpoint", async () => {
  const app = new App().use(csp({ reportOnly: true, reportTo: "/reports" })).get("/", (ctx) => ctx.text("a"));
  const { headers } = await client(app)("/");
  assertEquals(headers.get("content-security-policy"), null);
  assertStringIncludes(headers.get("content-security-policy-report-only")!, "report-uri /reports");
  assertEquals(headers.get("reporting-endpoints"), `csp-endpoint="/reports"`);
});
