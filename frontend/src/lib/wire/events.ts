/** Every event a feed can carry: chatapp/feed/events.py, as decoders. `contracts/feed-v1.jsonl` holds one of each. */

import { array, type Decoded, number, object, optional, string, variants } from "./decode";
import { appealView, conversationView, finishReason, generationView, messageView } from "./views";

const conversationFact = object({ id: string, conversation: conversationView });
const generationFact = object({ id: string, generation: generationView });

const alternative = object({ text: string, logprob: number });
const tokenLogprob = object({ text: string, logprob: number, alternatives: array(alternative) });

export const feedEvent = variants({
  "conversation.created": conversationFact,
  "conversation.updated": conversationFact,
  "conversation.deleted": object({ id: string, conversation_id: string }),
  "message.created": object({ id: string, message: messageView }),
  "message.updated": object({ id: string, message: messageView }),
  "generation.queued": generationFact,
  "generation.started": generationFact,
  "generation.restarted": generationFact,
  "generation.finished": object({ id: string, generation: generationView, message: messageView }),
  "appeal.updated": object({ id: string, appeal: appealView }),
  "generation.delta": object({ generation_id: string, seq: number, text: string, logprobs: optional(array(tokenLogprob)) }),
  "generation.ended": object({ generation_id: string, seq: number, finish_reason: finishReason }),
});

export type FeedEvent = Decoded<typeof feedEvent>;
