/** Every type that a column can have, from every value that goes there. */

import {
  type RowFor,
  bool,
  bytes,
  date,
  decimal,
  defineTable,
  duration,
  fixedBytes,
  float16,
  float32,
  float64,
  int16,
  int32,
  int64,
  int8,
  json,
  largeBytes,
  largeText,
  list,
  struct,
  text,
  time,
  timestamp,
  uint16,
  uint32,
  uint64,
  uint8,
  vector,
} from "@lance-host/sdk";

export function types(): void {
  const table = defineTable("types", {
    id: text().key(),
    yes: bool(),
    number: int64(),
    float: float64(),
    text: text(),
    bytes: bytes(),
    value: json<unknown[] | { a: unknown[] }>(),
    vector: vector(3),
  });
  table.declareRow({
    id: "min",
    yes: false,
    number: -(2n ** 63n),
    float: -Number.MAX_VALUE,
    text: "",
    bytes: new Uint8Array(),
    value: [],
    vector: new Float32Array(3),
  });
  table.declareRow({
    id: "max",
    yes: true,
    number: 2n ** 63n - 1n,
    float: Number.NaN,
    text: "Grüße, 世界 🌍",
    bytes: Uint8Array.of(0, 255),
    value: { a: [1, 2.5, "x"] },
    vector: [1, 2.5, -3],
  });
}

export async function nulls(): Promise<void> {
  const table = defineTable("nulls", {
    id: text().key(),
    yes: bool().optional(),
    number: int64().optional(),
    float: float64().optional(),
    text: text().optional(),
    bytes: bytes().optional(),
    value: json<object>().optional(),
    vector: vector(3).optional(),
  });
  const present: RowFor<typeof table> = {
    id: "present",
    yes: true,
    number: 1,
    float: 1.5,
    text: "t",
    bytes: Uint8Array.of(1),
    value: {},
    vector: new Float64Array([1, 2, 3]),
  };
  table.declareRow(await Promise.resolve(present));
  table.declareRow({ id: "absent", yes: null, number: undefined });
}

export function wide(): void {
  const table = defineTable("wide", {
    id: text().key(),
    i8: int8(),
    i16: int16(),
    i32: int32(),
    u8: uint8(),
    u16: uint16(),
    u32: uint32(),
    u64: uint64(),
    f16: float16(),
    f32: float32(),
    text: largeText(),
    bytes: largeBytes(),
    hash: fixedBytes(4),
    day: date(),
    time: time(),
    moment: timestamp(),
    zoned: timestamp("us", "UTC"),
    span: duration(),
    price: decimal(10, 2),
    halves: vector(2, "float16"),
    doubles: vector(2, "float64"),
    levels: vector(2, "uint8"),
    signed: vector(2, "int8"),
  });
  table.declareRow({
    id: "min",
    i8: -128,
    i16: -32768,
    i32: -2147483648,
    u8: 0,
    u16: 0,
    u32: 0,
    u64: 0,
    f16: -1.5,
    f32: -1.5,
    text: "",
    bytes: new Uint8Array(),
    hash: new Uint8Array(4),
    day: new Date(0),
    time: "00:00:00",
    moment: new Date(0),
    zoned: new Date(0),
    span: 0,
    price: "-0.01",
    halves: [0, 0],
    doubles: [0, 0],
    levels: [0, 0],
    signed: [0, 0],
  });
  // Finer than a Date is.
  const moment = BigInt(Date.parse("2024-02-29T12:34:56Z")) * 1000n + 789_012n;
  table.declareRow({
    id: "max",
    i8: 127,
    i16: 32767,
    i32: 2147483647,
    u8: 255,
    u16: 65535,
    u32: 4294967295,
    u64: 2n ** 64n - 1n,
    f16: 65504,
    f32: 0.5,
    text: "ä",
    bytes: Uint8Array.of(0, 255),
    hash: Uint8Array.of(255, 255, 255, 255),
    day: "2024-02-29",
    time: "23:59:59.999999",
    moment,
    zoned: moment,
    span: 90_000_001,
    price: 12345678.9,
    halves: new Float32Array([1, -0.5]),
    doubles: new Float64Array([1, -0.1]),
    levels: Uint8Array.of(1, 255),
    signed: Int8Array.of(127, -128),
  });
}

export function nested(): void {
  const table = defineTable("nested", {
    id: text().key(),
    tags: list(text().optional()).optional(),
    counts: list(int32()).optional(),
    place: struct({ x: float64(), y: float64().optional() }).optional(),
  });
  table.declareRow({ id: "empty", tags: [] });
  table.declareRow({
    id: "full",
    tags: ["a", null, "ä"],
    counts: [1, 2],
    place: { x: 1.5, y: null },
  });
}
