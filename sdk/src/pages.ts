import type { ListOptions, Page, Pages } from "./types.js";

/** The pages of a list; `load` gets one of them. */
export class ListPages<T> implements Pages<T> {
  private cursor: string | null;
  private done = false;

  constructor(
    private readonly options: ListOptions<string>,
    private readonly load: (query: string) => Promise<Page<T>>,
  ) {
    this.cursor = options.cursor ?? null;
  }

  async next(): Promise<IteratorResult<Page<T>, undefined>> {
    if (this.done) return { done: true, value: undefined };
    const { status, limit } = this.options;
    const query = new URLSearchParams();
    if (status !== undefined) query.set("status", status);
    if (limit !== undefined) query.set("limit", String(limit));
    if (this.cursor !== null) query.set("cursor", this.cursor);
    const page = await this.load(`${query}` && `?${query}`);
    this.cursor = page.nextCursor;
    this.done = !page.hasMore || page.nextCursor === null;
    return { done: false, value: page };
  }

  async return(): Promise<IteratorResult<Page<T>, undefined>> {
    this.done = true;
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async *items(): AsyncIterableIterator<T> {
    for await (const page of this) yield* page.items;
  }
}
