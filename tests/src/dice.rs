//! Numbers that look random and are the same on every machine.

/// Dice that always fall in the same way for the same seed.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Dice for a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `sides`.
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    /// One of these.
    pub fn choose<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        let at = self.roll(of.len() as u64);
        &of[at as usize]
    }

    /// Whether something happens that happens once in `sides` times.
    pub fn once_in(&mut self, sides: u64) -> bool {
        self.roll(sides) == 0
    }
}
