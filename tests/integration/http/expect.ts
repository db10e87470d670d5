// What every answer must look like.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { type ErrorCode, ERRORS } from "../../../lib/core/errors.ts";
import { isId } from "../../../lib/core/ids.ts";
import type { Problem } from "../../../lib/protocol/api.ts";

/** A problem as DESIGN 5 has it: complete, from the table, under an id that the log knows. Returns it, with its extras. */
export async function assertProblem(
  response: Response,
  code: ErrorCode,
): Promise<Problem & Record<string, unknown>> {
  const text = await response.text();
  assertEquals([response.status, codeIn(text)], [ERRORS[code].status, code], text.slice(0, 500));
  assertEquals(response.headers.get("content-type"), "application/problem+json");
  const problem = JSON.parse(text) as Problem & Record<string, unknown>;
  const { title, status } = ERRORS[code];
  assertEquals([problem.title, problem.status, problem.type], [title, status, `/problems/${code}`]);
  assert(problem.detail.length > 0 && problem.detail.length < 2_000, "a detail is a sentence, not a dump");
  assertEquals(problem.requestId, response.headers.get("x-request-id"));
  assertHeaders(response);
  return problem;
}

/** The headers of every response (X1). */
export function assertHeaders(response: Response): void {
  const { headers } = response;
  assert(isId(headers.get("x-request-id")), "x-request-id");
  assertEquals(headers.get("x-content-type-options"), "nosniff");
  assertEquals(headers.get("referrer-policy"), "same-origin");
  assertEquals(headers.get("cross-origin-opener-policy"), "same-origin");
  const policy = headers.get("content-security-policy") ?? "";
  for (const directive of ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"]) {
    assert(policy.split("; ").includes(directive), `${directive} in ${policy}`);
  }
  assertMatch(policy, /script-src 'self'( 'nonce-[^' ]+')?(;|$)/);
  assert(!policy.includes("unsafe"), policy);
}

function codeIn(text: string): unknown {
  try {
    return (JSON.parse(text) as Partial<Problem>).code;
  } catch {
    return undefined; // Not JSON: the comparison shows what it was instead.
  }
}
