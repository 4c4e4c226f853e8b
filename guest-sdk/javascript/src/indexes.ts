/**
 * Indexes and their settings, in the way of the language.
 *
 * What is left out has the default of the contract, which documents all of them.
 */

interface CommonVector {
  /** How far apart two vectors are. */
  metric?: "l2" | "cosine" | "dot" | "hamming";
  /** The number of partitions; by the number of rows if left out. */
  numPartitions?: number;
  /** Rows a partition; not beside `numPartitions`. */
  targetPartitionSize?: number;
  /** Vectors a partition to train with. */
  sampleRate?: number;
  maxIterations?: number;
}

interface Quantized {
  /** A divisor of the dimension. */
  numSubVectors?: number;
  numBits?: 4 | 8;
}

interface Graph {
  /** Edges a node. */
  m?: number;
  /** Candidates while it is built. */
  efConstruction?: number;
}

/** An index on vectors. */
export type VectorIndex =
  | ({ kind: "ivf-flat" | "ivf-sq" } & CommonVector)
  | ({ kind: "ivf-pq" } & CommonVector & Quantized)
  | ({ kind: "ivf-rq"; numBits?: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 } & CommonVector)
  | ({ kind: "ivf-hnsw-flat" | "ivf-hnsw-sq" } & CommonVector & Graph)
  | ({ kind: "ivf-hnsw-pq" } & CommonVector & Quantized & Graph);

interface CommonFts {
  /** An English name, such as `French`. */
  language?: string;
  /** In bytes. */
  maxTokenLength?: number | "none";
  lowerCase?: boolean;
  asciiFolding?: boolean;
  stem?: boolean;
  removeStopWords?: boolean;
  /** Instead of those of the language. */
  stopWords?: readonly string[];
  /** Phrases need it. */
  withPosition?: boolean;
  /** What is found in a column of lists. */
  document?: "row" | "item";
}

/** A full-text index. */
export type FtsIndex =
  | ({ tokenizer?: "simple" | "whitespace" | "raw" | "icu" | "icu/split" } & CommonFts)
  | ({
      tokenizer: "ngram";
      ngramMin?: number;
      ngramMax?: number;
      ngramPrefixOnly?: boolean;
    } & CommonFts)
  | ({
      tokenizer: "code";
      splitIdentifiers?: boolean;
      splitOnNumerics?: boolean;
      preserveOriginal?: boolean;
      indexOperators?: boolean;
    } & CommonFts);

/** An index on values that are equal, near or in a list. */
export interface ScalarIndex {
  kind: "btree" | "bitmap" | "label-list";
}

/** An index as the contract takes it. */
export interface Index {
  readonly column: string;
  readonly kind: string;
  readonly settings: [string, string][];
}

/** Writes the options as settings: `numPartitions: 8` is `("num-partitions", "8")`. */
export function index(column: string, kind: string, options: object): Index {
  const settings: [string, string][] = [];
  for (const [name, value] of Object.entries(options)) {
    if (name === "kind" || value === undefined) continue;
    const setting = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    settings.push([setting, Array.isArray(value) ? JSON.stringify(value) : String(value)]);
  }
  return { column, kind, settings };
}
