// Bodies of the JSON API, as zod checks them. The types are those that the browser builds (`protocol/api.ts`).
import { z } from "zod";
import { isId } from "../core/ids.ts";
import {
  ANSWER_CHARS_MAX,
  type Bulk,
  BULK_ACTIONS,
  BULK_MAX,
  type Continue,
  type CreateConversation,
  DEVICE_NAME_CHARS_MAX,
  type EditMessage,
  type EditSummary,
  type ForkAt,
  LIST_MAX,
  type ListQuery,
  MESSAGE_CHARS_MAX,
  type PatchConversation,
  type PatchPreferences,
  type Rate,
  REASON_CHARS_MAX,
  type Regenerate,
  type SendMessage,
  SYSTEM_PROMPT_CHARS_MAX,
  TITLE_CHARS_MAX,
} from "../protocol/api.ts";
import type { AskedFrom } from "../protocol/message.ts";
import { SUMMARY_CHARS_MAX } from "../protocol/summary.ts";
import { EFFORTS, FALLBACKS_MAX, type Params, STOP_CHARS_MAX, STOPS_MAX } from "../protocol/params.ts";

import {
  INSTRUCTIONS_CHARS_MAX,
  type Preset,
  PRESET_NAME_CHARS_MAX,
  PRESET_PROMPT_CHARS_MAX,
  PRESETS_MAX,
} from "../protocol/preferences.ts";

/** A lone surrogate cannot be stored or sent: it would come back as another character. */
const text = (max: number) =>
  z.string().max(max).refine((value) => value.isWellFormed(), "must be well-formed Unicode");
const id = z.string().refine(isId, "must be a lower-case UUID");
const model = text(200).min(1);
const title = text(TITLE_CHARS_MAX).transform((value) => value.trim());
const message = (max: number) => text(max).refine((value) => value.trim() !== "", "must not be empty");

/** It is shown in a line: what has no shape, or turns the line around, has no place in it. */
const device: z.ZodType<AskedFrom> = z.strictObject({
  id,
  name: message(DEVICE_NAME_CHARS_MAX).refine((value) => !/\p{C}/u.test(value), "must be printable"),
});

const params: z.ZodType<Params> = z.strictObject({
  temperature: z.number().min(0).max(2).optional(),
  outputTokensMax: z.int().min(1).max(10_000_000).optional(),
  effort: z.enum(EFFORTS).optional(),
  stop: z.array(text(STOP_CHARS_MAX).min(1)).max(STOPS_MAX).optional(),
});
const fallbacks = z.array(model).max(FALLBACKS_MAX);

export const createConversation: z.ZodType<CreateConversation> = z.strictObject({
  model: model.optional(),
  systemPrompt: text(SYSTEM_PROMPT_CHARS_MAX).optional(),
  title: title.optional(),
  params: params.optional(),
  fallbacks: fallbacks.optional(),
});

export const patchConversation: z.ZodType<PatchConversation> = z.strictObject({
  title: title.refine((value) => value !== "", "must not be empty").optional(),
  model: model.optional(),
  systemPrompt: text(SYSTEM_PROMPT_CHARS_MAX).optional(),
  pinned: z.boolean().optional(),
  archived: z.boolean().optional(),
  params: params.optional(),
  fallbacks: fallbacks.nullable().optional(),
  activeLeaf: id.optional(),
}).refine((patch) => Object.keys(patch).length > 0, "must change something");

export const listQuery: z.ZodType<ListQuery> = z.object({
  q: z.string().optional(),
  cursor: z.string().optional(),
  archived: z.enum(["true", "false"]).transform((value) => value === "true").optional(),
  limit: z.string().regex(/^\d{1,3}$/, `must be a whole number from 1 to ${LIST_MAX}`).transform(Number)
    .pipe(z.int().min(1).max(LIST_MAX)).optional(),
});

export const bulk: z.ZodType<Bulk> = z.strictObject({
  ids: z.array(id).min(1).max(BULK_MAX).refine(
    (ids) => new Set(ids).size === ids.length,
    "must name each once",
  ),
  action: z.enum(BULK_ACTIONS),
});

export const sendMessage: z.ZodType<SendMessage> = z.strictObject({
  id: id.optional(),
  text: message(MESSAGE_CHARS_MAX),
  parentId: id.nullable().optional(),
  model: model.optional(),
  device: device.optional(),
});

export const editMessage: z.ZodType<EditMessage> = z.strictObject({
  text: message(ANSWER_CHARS_MAX),
});

export const fork: z.ZodType<ForkAt> = z.strictObject({
  id: id.optional(),
  messageId: id,
});

export const editSummary: z.ZodType<EditSummary> = z.strictObject({
  text: message(SUMMARY_CHARS_MAX),
});

export const regenerateMessage: z.ZodType<Regenerate> = z.strictObject({
  id: id.optional(),
  messageId: id,
  model: model.optional(),
  device: device.optional(),
});

export const continueMessage: z.ZodType<Continue> = z.strictObject({
  id: id.optional(),
  messageId: id,
  device: device.optional(),
});

export const rateMessage: z.ZodType<Rate> = z.strictObject({
  rating: z.enum(["up", "down"]).nullable(),
  reason: text(REASON_CHARS_MAX).transform((value) => value.trim() === "" ? undefined : value.trim())
    .optional(),
}).refine(({ rating, reason }) => rating !== null || reason === undefined, {
  path: ["reason"],
  message: "must be absent when the rating is taken back",
});

const preset: z.ZodType<Preset> = z.strictObject({
  name: message(PRESET_NAME_CHARS_MAX).transform((value) => value.trim()),
  systemPrompt: text(PRESET_PROMPT_CHARS_MAX),
  params,
  model: model.optional(),
});

export const patchPreferences: z.ZodType<PatchPreferences> = z.strictObject({
  instructions: text(INSTRUCTIONS_CHARS_MAX).optional(),
  presets: z.array(preset).max(PRESETS_MAX).optional(),
}).refine((patch) => Object.keys(patch).length > 0, "must change something");

/** `POST /api/chat`, in its published snake_case shape. */
export interface ChatBody {
  message: string;
  conversation_id?: string;
  stream?: boolean;
}

export const chat: z.ZodType<ChatBody> = z.strictObject({
  message: message(10_000),
  conversation_id: id.optional(),
  stream: z.boolean().optional(),
});
