//! The numbers that rows are made of: a pure function of the seed, the row and its
//! version, in integer arithmetic only, so that `xtask/bench/rows.py` makes the same.

/// The finaliser of splitmix64, one step on.
pub fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// What a row's key is made of; it does not depend on the version.
pub fn key(seed: u64, row: u64) -> u64 {
    mix(seed ^ mix(!row))
}

/// The numbers of one row at one version.
#[derive(Clone, Copy)]
pub struct Numbers(u64);

impl Numbers {
    pub fn new(seed: u64, row: u64, version: u64) -> Self {
        Self(mix(
            seed ^ mix(row.wrapping_mul(0x1_0001).wrapping_add(version))
        ))
    }

    /// The number at a position.
    pub fn at(self, position: u64) -> u64 {
        mix(self.0.wrapping_add(position))
    }

    /// A number in 0..1, of 53 random bits.
    pub fn fraction(self, position: u64) -> f64 {
        const SCALE: f64 = 1.0 / (1_u64 << 53) as f64;
        (self.at(position) >> 11) as f64 * SCALE
    }

    /// A number in -1..1, of 24 random bits: exact, whatever the rounding.
    pub fn signed_fraction(self, position: u64) -> f32 {
        const HALF: i32 = 1 << 23;
        let bits = (self.at(position) >> 40) as i32;
        (bits - HALF) as f32 / HALF as f32
    }
}
