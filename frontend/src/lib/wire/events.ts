/** Every event a feed can carry: chatapp/feed/events.py, as decoders. `contracts/feed-v1.jsonl` holds one of each. */

import { type Decoded, number, object, string, variants } from "./decode";
import { conversationView, finishReason, generationView, messageView } from "./views";

const conversationFact = object({ id: string, conversation: conversationView });
const generationFact = object({ id: string, generation: generationView });

export const feedEvent = variants({
  "conversation.created": conversationFact,
  "conversation.updated": conversationFact,
  "conversation.deleted": object({ id: string, conversation_id: string }),
  "message.created": object({ id: string, message: messageView }),
  "generation.queued": generationFact,
  "generation.started": generationFact,
  "generation.restarted": generationFact,
  "generation.finished": object({ id: string, generation: generationView, message: messageView }),
  "generation.delta": object({ generation_id: string, seq: number, text: string }),
  "generation.ended": object({ generation_id: string, seq: number, finish_reason: finishReason }),
});

export type FeedEvent = Decoded<typeof feedEvent>;
