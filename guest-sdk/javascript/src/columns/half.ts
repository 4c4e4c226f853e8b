/** Floating-point numbers of 16 bits, which the engine does not know. */

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/** The bits of the nearest number of 16 bits; of two that are as near, the even one. */
export function half(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  double[0] = value;
  const high = words[1]!;
  const sign = (high >>> 16) & 0x8000;
  const size = Math.abs(value);
  if (size >= 65520) return sign | 0x7c00;
  // The smallest numbers have one step; a carry makes the smallest normal one.
  if (size < 2 ** -14) return sign | toEven(size * 2 ** 24);
  const exponent = ((high >>> 20) & 0x7ff) - 1023;
  // A carry makes the next power of two.
  return sign | (((exponent + 15) << 10) + toEven((size / 2 ** exponent - 1) * 1024));
}

function toEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest === 0.5) return floor + (floor & 1);
  return rest < 0.5 ? floor : floor + 1;
}
