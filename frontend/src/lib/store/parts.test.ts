import { describe, expect, it } from "vitest";

import { appealView, C, conversation, fact, generation, message } from "@/lib/testing/views";
import type { FeedEvent } from "@/lib/wire/events";
import type { MessageNode } from "@/lib/wire/skeleton";
import type { ConversationWindow, GenerationView, MessageView } from "@/lib/wire/views";

import { emptyFeed, feedLost, type FeedState, fold, foldAll, foldNodes, foldWindow, isLive, openTree } from "./feed";
import { isRead } from "./tree";

type Pick = (below: number) => number;

/** The same numbers for the same seed. */
function picker(seed: number): Pick {
  let state = seed * 2_654_435_761 + 1;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 3_266_489_917) >>> 0;
    return state % below;
  };
}

const nodeOf = ({ id, parent_id, role, state, restored_from }: MessageView): MessageNode => ({
  id,
  parent_id,
  role,
  state,
  restored_from,
});

/** A server's rows of one conversation, which change a step at a time, and the facts that tell of it. */
class Server {
  readonly facts: FeedEvent[] = [];
  #conversation = conversation();
  readonly #messages = new Map<string, MessageView>();
  readonly #generations = new Map<string, GenerationView>();

  step(pick: Pick): void {
    const answers = [...this.#messages.values()].filter(({ role, text }) => role === "assistant" && text !== null);
    const live = [...this.#generations.values()].filter(({ status }) => isLive(status));
    const chosen = answers[pick(answers.length || 1)];
    const running = live[pick(live.length || 1)];
    switch (pick(6)) {
      case 0:
        return this.#ask(chosen?.id ?? null);
      case 1:
        return running === undefined ? this.#ask(null) : this.#end(running);
      case 2:
        return chosen === undefined ? this.#ask(null) : this.#answer(chosen.parent_id);
      case 3:
        return chosen === undefined ? undefined : this.#withhold(chosen);
      case 4:
        return chosen === undefined ? undefined : this.#review(chosen);
      default:
        return this.#rename();
    }
  }

  /** The last `length` messages of the branch to `at`, and every generation under way; the whole tree without `at`. */
  window(at: string | null, length: number): ConversationWindow {
    const branch: MessageView[] = [];
    for (let id = at; id !== null && branch.length < length; ) {
      const found = this.#messages.get(id)!;
      branch.push(found);
      id = found.parent_id;
    }
    const messages = at === null ? [...this.#messages.values()] : branch;
    const shown = new Set(messages.map(({ id }) => id));
    return {
      feed: "1-0",
      conversation: this.#conversation,
      messages,
      generations: [...this.#generations.values()].filter(
        ({ message_id, status }) => shown.has(message_id) || isLive(status),
      ),
      is_whole: at === null,
    };
  }

  get nodes(): readonly MessageNode[] {
    return [...this.#messages.values()].map(nodeOf);
  }

  #ask(parent_id: string | null): void {
    const question = this.#put(message(this.#id("u"), parent_id));
    this.facts.push(fact("message.created", { message: question }));
    this.#answer(question.id);
  }

  #answer(parent_id: string | null): void {
    const answer = this.#put(message(this.#id("a"), parent_id, { text: null }));
    const queued = generation({ id: `g-${answer.id}`, message_id: answer.id, status: "queued" });
    this.#generations.set(queued.id, queued);
    this.#conversation = { ...this.#conversation, active_leaf_id: answer.id, row_version: this.#conversation.row_version + 1 };
    this.facts.push(
      fact("message.created", { message: answer }),
      fact("conversation.updated", { conversation: this.#conversation }),
      fact("generation.queued", { generation: queued }),
    );
  }

  #end(running: GenerationView): void {
    const ended: GenerationView = { ...running, status: "completed", finish_reason: "stop", seq: 4 };
    this.#generations.set(ended.id, ended);
    const written = this.#put({ ...this.#messages.get(ended.message_id)!, text: "All of it." });
    this.facts.push(fact("generation.finished", { generation: ended, message: written }));
  }

  #withhold(answer: MessageView): void {
    const notice = { category: "other", text: "Not here.", action: "block" };
    this.facts.push(fact("message.updated", { message: this.#put({ ...answer, state: "withheld", notice }) }));
  }

  #review(answer: MessageView): void {
    this.#put({ ...answer, appeal: "waiting" });
    this.facts.push(fact("appeal.updated", { appeal: appealView({ message_id: answer.id }) }));
  }

  #rename(): void {
    const row_version = this.#conversation.row_version + 1;
    this.#conversation = { ...this.#conversation, title: `Title ${row_version}`, row_version };
    this.facts.push(fact("conversation.updated", { conversation: this.#conversation }));
  }

  #id(kind: string): string {
    return `${kind}${String(this.#messages.size).padStart(3, "0")}`;
  }

  #put(row: MessageView): MessageView {
    this.#messages.set(row.id, row);
    return row;
  }
}

/** A page that reads a living conversation in parts, some of which are long on their way. */
function readInParts(server: Server, pick: Pick): FeedState {
  let state = openTree(emptyFeed, C);
  let num_heard = 0;
  const on_the_way: ((state: FeedState) => FeedState)[] = [];
  const hear = (): void => {
    state = foldAll(state, server.facts.slice(num_heard));
    num_heard = server.facts.length;
  };
  const arrive = (): void => {
    state = on_the_way.splice(pick(on_the_way.length), 1)[0]?.(state) ?? state;
  };
  const windowAsk = (): void => {
    const { nodes } = server;
    const at = nodes[pick(nodes.length || 1)];
    if (at === undefined) return;
    const part = server.window(at.id, 1 + pick(3));
    on_the_way.push((before) => foldWindow(before, part));
  };
  const skeletonAsk = (): void => {
    const { nodes } = server;
    on_the_way.push((before) => foldNodes(before, C, nodes, false));
  };
  for (let step = 0; step < 40; step += 1) {
    const moves = [() => server.step(pick), () => server.step(pick), windowAsk, skeletonAsk, hear];
    (on_the_way.length > 0 && pick(3) === 0 ? arrive : moves[pick(moves.length)]!)();
  }
  while (on_the_way.length > 0) arrive();
  hear();
  return readOn(foldNodes(state, C, server.nodes, true), server);
}

/** Read the words that are still missing, a window at a time. */
function readOn(state: FeedState, server: Server): FeedState {
  const unread = [...state.messages.get(C)!.values()].find((node) => !isRead(node));
  return unread === undefined ? state : readOn(foldWindow(state, server.window(unread.id, 2)), server);
}

const known = ({ conversations, messages, generations, generation_of, complete }: FeedState) => ({
  conversations,
  messages,
  generations,
  generation_of,
  complete,
});

const SEEDS = Array.from({ length: 200 }, (_, seed) => seed);

describe("A conversation that is read in parts", () => {
  it.each(SEEDS)("is what a fresh snapshot has, whatever came when (%i)", (seed) => {
    const server = new Server();

    const state = readInParts(server, picker(seed));

    expect(server.nodes.length).toBeGreaterThan(0);
    expect(known(state)).toEqual(known(foldWindow(emptyFeed, server.window(null, 0))));
  });

  it.each(SEEDS.slice(0, 20))("is the same after the feed was lost and everything is read again (%i)", (seed) => {
    const server = new Server();
    const pick = picker(seed);
    const before = readInParts(server, pick);
    for (let step = 0; step < 10; step += 1) server.step(pick);

    const leaf = server.nodes.at(-1)!;
    const lost = foldWindow(feedLost(before, C), server.window(leaf.id, 2));
    const state = readOn(foldNodes(lost, C, server.nodes, true), server);

    expect(known(state)).toEqual(known(foldWindow(emptyFeed, server.window(null, 0))));
  });

  it("keeps every message's place when the feed was lost, and none of its words", () => {
    const whole = foldWindow(emptyFeed, {
      ...new Server().window(null, 0),
      messages: [message("u1", null), message("a2", "u1")],
    });

    const lost = feedLost(whole, C);

    expect([...lost.messages.get(C)!.values()].map((node) => [node.id, isRead(node)])).toEqual([
      ["u1", false],
      ["a2", false],
    ]);
    expect(lost.complete.has(C)).toBe(false);
  });
});

describe("A part that was long on its way", () => {
  const part: ConversationWindow = {
    feed: "1-0",
    conversation: conversation(),
    messages: [message("u1", null), message("a2", "u1")],
    generations: [],
    is_whole: true,
  };

  it("does not forget the review that was asked for before its words came", () => {
    const told = fold(openTree(emptyFeed, C), fact("appeal.updated", { appeal: appealView({ message_id: "a2" }) }));

    const state = foldWindow(told, part);

    expect(state.messages.get(C)?.get("a2")).toMatchObject({ text: "text of a2", appeal: "waiting" });
  });

  it("takes no words away where it names places alone", () => {
    const read = foldWindow(emptyFeed, part);

    expect(foldNodes(read, C, part.messages.map(nodeOf), true).messages).toEqual(read.messages);
  });

  it("opens no tree again that was closed meanwhile", () => {
    expect(foldNodes(emptyFeed, C, part.messages.map(nodeOf), true)).toBe(emptyFeed);
  });
});

describe("Many facts at once", () => {
  it.each(SEEDS.slice(0, 20))("give what they give one by one, and leave what was before as it was (%i)", (seed) => {
    const server = new Server();
    const pick = picker(seed);
    for (let step = 0; step < 10; step += 1) server.step(pick);
    const before = foldWindow(emptyFeed, server.window(null, 0));
    const copy = structuredClone(known(before));
    const num_before = server.facts.length;
    for (let step = 0; step < 10; step += 1) server.step(pick);
    const facts = server.facts.slice(num_before);

    const together = foldAll(before, facts);

    expect(together).toEqual(facts.reduce(fold, before));
    expect(known(before)).toEqual(copy);
  });
});
