//! Floating-point numbers of 16 bits, as `float16` columns hold them.

/// A number of 1 sign bit, 5 bits of exponent and 10 bits of fraction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct F16(u16);

const INFINITY: u16 = 0x7c00;
const NAN: u16 = 0x7e00;

impl F16 {
    /// The nearest number, the even one of two that are equally near. It is found
    /// in one step: by way of an `f32` it would be rounded twice.
    #[inline]
    pub(crate) fn from_f64(value: f64) -> Self {
        let bits = value.to_bits();
        let sign = ((bits >> 48) & 0x8000) as u16;
        let exponent = ((bits >> 52) & 0x7ff) as i32 - 1023;
        let fraction = bits & ((1 << 52) - 1);
        let magnitude = match exponent {
            1024 if fraction != 0 => NAN,
            16.. => INFINITY,
            // A carry out of the fraction goes into the exponent, as it should.
            -14..=15 => (((exponent + 15) as u16) << 10) + round(fraction, 42),
            // Subnormal: the leading one is written out, and shifted further.
            -25..=-15 => round(fraction | 1 << 52, (28 - exponent) as u32),
            _ => 0,
        };
        Self(sign | magnitude)
    }

    pub(crate) fn to_f64(self) -> f64 {
        let fraction = f64::from(self.0 & 0x3ff);
        let magnitude = match (self.0 >> 10) & 0x1f {
            0 => fraction * 2_f64.powi(-24),
            31 if fraction == 0.0 => f64::INFINITY,
            31 => f64::NAN,
            exponent => (fraction + 1024.0) * 2_f64.powi(i32::from(exponent) - 25),
        };
        if self.0 & 0x8000 == 0 {
            magnitude
        } else {
            -magnitude
        }
    }

    pub(crate) fn is_finite(self) -> bool {
        self.0 & INFINITY != INFINITY
    }

    pub(crate) fn to_le_bytes(self) -> [u8; 2] {
        self.0.to_le_bytes()
    }
}

/// Shifts `value` right and rounds to the nearest, ties to even.
fn round(value: u64, shift: u32) -> u16 {
    let quotient = value >> shift;
    let rest = value & ((1 << shift) - 1);
    let half = 1 << (shift - 1);
    let up = rest > half || (rest == half && quotient & 1 == 1);
    (quotient + u64::from(up)) as u16
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use half::f16;

    use super::*;

    #[test]
    fn every_number_survives() {
        for bits in 0..=u16::MAX {
            let expected = f16::from_bits(bits);
            let widened = F16(bits).to_f64();
            assert_eq!(F16(bits).is_finite(), expected.is_finite());
            if expected.is_nan() {
                assert!(widened.is_nan() && F16::from_f64(widened).0 & NAN == NAN);
            } else {
                assert_eq!(widened, expected.to_f64(), "{bits:#x}");
                assert_eq!(F16::from_f64(widened).0, bits);
            }
        }
    }

    #[test]
    fn what_lies_between_two_numbers_is_rounded_to_the_nearest() {
        for bits in 0..INFINITY {
            let low = F16(bits).to_f64();
            // Beyond the largest number rounding acts as if there were one more.
            let high = match bits + 1 {
                INFINITY => 65_536.0,
                bits => F16(bits).to_f64(),
            };
            for part in [0.25, 0.5, 0.5 - 1e-9, 0.5 + 1e-9, 0.75] {
                let value = low + (high - low) * part;
                let expected = match (value - low).total_cmp(&(high - value)) {
                    Ordering::Less => bits,
                    Ordering::Equal => bits + (bits & 1),
                    Ordering::Greater => bits + 1,
                };
                assert_eq!(F16::from_f64(value).0, expected, "{value}");
                assert_eq!(F16::from_f64(-value).0, 0x8000 | expected);
            }
        }
    }

    #[test]
    fn numbers_too_large_and_too_small_are_infinite_and_zero() {
        for value in [
            0.0,
            -0.0,
            1e-300,
            1e300,
            -1e300,
            f64::INFINITY,
            f64::MIN_POSITIVE,
        ] {
            let expected = f16::from_f64(value).to_bits();
            assert_eq!(F16::from_f64(value).0, expected, "{value}");
        }
    }
}
