import { define } from "../../../../../../lib/http/define.ts";
import { required } from "../../../../../../lib/http/middleware.ts";
import { json } from "../../../../../../lib/http/respond.ts";

export const handler = define.handlers({
  async POST(ctx) {
    const { userId } = required(ctx.state);
    const { id = "", messageId = "" } = ctx.params;
    const { services } = ctx.state;
    const generationId = await services.sendNow(userId, id, messageId);
    return json(await services.generation(userId, generationId), 202);
  },
});
