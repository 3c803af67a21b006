//! Deterministic random numbers from (seed, index, purpose).

/// The random numbers of one record.
#[derive(Clone, Copy)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64, index: u64) -> Self {
        Self(mix(mix(seed.wrapping_add(0x5EED)) ^ index.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
    }

    /// A number in `0..bound`, the same for each call with the same purpose.
    pub(crate) fn below(self, purpose: u64, bound: u64) -> u64 {
        mix(self.0.wrapping_add(purpose.wrapping_mul(0xD1B5_4A32_D192_ED03))) % bound
    }

    /// True for one in `n` records.
    pub(crate) fn one_in(self, purpose: u64, n: u64) -> bool {
        self.below(purpose, n) == 0
    }

    pub(crate) fn pick<T: Copy>(self, purpose: u64, choices: &[T]) -> T {
        choices[self.below(purpose, choices.len() as u64) as usize]
    }
}

/// The finaliser of SplitMix64.
fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
