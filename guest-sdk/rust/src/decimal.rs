//! Decimal numbers, from their text to the integers that columns hold.

use crate::Error;

/// Reads a number such as `-12.50` as an integer of 256 bits, little-endian, that
/// counts units of `scale` digits behind the point. Nothing is rounded.
pub(crate) fn parse(text: &str, precision: u8, scale: i8) -> Result<[u8; 32], Error> {
    let data_type = || format!("a decimal of {precision} digits, {scale} of them behind the point");
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !all_digits(whole) || !all_digits(fraction) {
        let message = format!("{text:?} is not a decimal number like 12.50");
        return Err(Error::new("invalid-value", message));
    }
    unscaled(whole, fraction, precision, scale)
        .map(|magnitude| bytes(magnitude, negative))
        .ok_or_else(|| {
            let message = format!("{text} does not fit {}", data_type());
            Error::new("invalid-value", message)
        })
}

/// The digits up to the last unit as a number, if none are lost and none too many.
fn unscaled(whole: &str, fraction: &str, precision: u8, scale: i8) -> Option<[u64; 4]> {
    let point = whole.len();
    let digits = || {
        whole
            .bytes()
            .chain(fraction.bytes())
            .map(|byte| byte - b'0')
    };
    // Where the last unit ends, counted in digits from the left; it may lie before the
    // first digit or behind the last.
    let end = isize::try_from(point).ok()? + isize::from(scale);
    let kept = usize::try_from(end).unwrap_or(0);
    if digits().skip(kept).any(|digit| digit != 0) {
        return None;
    }
    let mut number = [0; 4];
    let mut significant = 0;
    for digit in digits().chain(std::iter::repeat(0)).take(kept) {
        significant += u32::from(significant > 0 || digit > 0);
        if significant > u32::from(precision) {
            return None;
        }
        push_digit(&mut number, digit);
    }
    Some(number)
}

/// Ten times the number, and a digit. 76 digits fit 256 bits.
fn push_digit(number: &mut [u64; 4], digit: u8) {
    let mut carry = u128::from(digit);
    for limb in number {
        let next = u128::from(*limb) * 10 + carry;
        *limb = next as u64;
        carry = next >> 64;
    }
}

/// Two's complement.
fn bytes(magnitude: [u64; 4], negative: bool) -> [u8; 32] {
    let mut bytes = [0; 32];
    let mut carry = negative;
    for (limb, place) in magnitude.into_iter().zip(bytes.chunks_exact_mut(8)) {
        let mut limb = limb;
        if negative {
            (limb, carry) = (!limb).overflowing_add(u64::from(carry));
        }
        place.copy_from_slice(&limb.to_le_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small(text: &str, precision: u8, scale: i8) -> Option<i128> {
        let bytes = parse(text, precision, scale).ok()?;
        let value = i128::from_le_bytes(*bytes.first_chunk()?);
        let sign = if value < 0 { 255 } else { 0 };
        assert!(bytes[16..].iter().all(|&byte| byte == sign));
        Some(value)
    }

    #[test]
    fn units_are_counted_with_their_sign() {
        for (text, precision, scale, expected) in [
            ("0", 5, 2, 0),
            ("-0.00", 5, 2, 0),
            ("12.5", 5, 2, 1250),
            ("-12.50", 5, 2, -1250),
            ("+.5", 5, 2, 50),
            ("7.", 5, 2, 700),
            ("000123.400", 4, 1, 1234),
            ("12300", 3, -2, 123),
            (
                "99999999999999999999999999999999999999",
                38,
                0,
                10_i128.pow(38) - 1,
            ),
        ] {
            assert_eq!(small(text, precision, scale), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_would_be_rounded_or_is_too_long_is_refused() {
        for (text, precision, scale) in [
            ("1.005", 5, 2),
            ("1000", 5, 2),
            ("12345", 5, -2),
            ("1e3", 5, 2),
            ("", 5, 2),
            (".", 5, 2),
            ("1.-5", 5, 2),
            ("NaN", 5, 2),
        ] {
            assert_eq!(small(text, precision, scale), None, "{text}");
        }
        let error = parse("1.005", 5, 2).unwrap_err();
        assert_eq!(
            error.message(),
            "1.005 does not fit a decimal of 5 digits, 2 of them behind the point"
        );
    }

    #[test]
    fn decimals_of_76_digits_fit_256_bits() {
        let nines = "9".repeat(76);
        let bytes = parse(&format!("-{nines}"), 76, 0).unwrap();
        let negative = parse("-1", 76, 0).unwrap();
        assert_eq!(negative, [255; 32]);
        // 10^76 is 2^76 times 5^76, so its negative successor ends in the bits of 1.
        assert_eq!((bytes[0], bytes[31] & 0x80), (1, 0x80));
    }
}
