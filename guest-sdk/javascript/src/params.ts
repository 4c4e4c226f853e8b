/** The parameters of a run. */

/** The parameters of a run, such as `--param root=/docs`, in the order given. */
export class Params implements Iterable<[string, string]> {
  readonly #pairs: ReadonlyArray<[string, string]>;

  constructor(pairs: Iterable<readonly [string, string]> = []) {
    this.#pairs = [...pairs].map(([name, value]) => [name, value]);
  }

  /** The value of a parameter, the last one if it was given more than once. */
  get(name: string): string | undefined {
    return this.#pairs.findLast(([given]) => given === name)?.[1];
  }

  /** The value of a parameter that has to be given. */
  require(name: string): string {
    const value = this.get(name);
    if (value === undefined) {
      throw new Error(`parameter ${name} is missing: give it with --param ${name}=VALUE`);
    }
    return value;
  }

  /** The number that a parameter was given as, if it was. */
  number(name: string): number | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    const number = value.trim() === "" ? Number.NaN : Number(value);
    if (Number.isNaN(number))
      throw new Error(`parameter ${name} is ${JSON.stringify(value)}, no number`);
    return number;
  }

  [Symbol.iterator](): Iterator<[string, string]> {
    return this.#pairs[Symbol.iterator]();
  }
}
