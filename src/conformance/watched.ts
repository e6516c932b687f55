/** Something that changes, and whose changes are waited for. */
export class Watched {
  readonly #waiting = new Set<() => void>();

  /** Looks again for everyone who waits. */
  changed(): void {
    for (const look of [...this.#waiting]) look();
  }

  /** What `probe` finds, at once or after a change; `undefined` when `ms` milliseconds have passed without. */
  until<T>(probe: () => T | undefined, ms: number): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      const finish = (found: T | undefined) => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(found);
      };
      const look = () => {
        try {
          const found = probe();
          if (found !== undefined) finish(found);
        } catch (error) {
          clearTimeout(timer);
          this.#waiting.delete(look);
          reject(error);
        }
      };
      const timer = setTimeout(() => finish(undefined), ms);
      this.#waiting.add(look);
      look();
    });
  }
}
