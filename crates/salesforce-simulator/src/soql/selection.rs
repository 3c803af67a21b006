//! The rows that a query selected, as ordinals in order.

/// A range or a list of ordinals.
pub(crate) enum Selection {
    Span { from: u64, to: u64 },
    List(Vec<u64>),
}

impl Selection {
    pub(crate) fn none() -> Self {
        Self::List(Vec::new())
    }

    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Span { from, to } => to - from,
            Self::List(rows) => rows.len() as u64,
        }
    }

    /// Gets up to `size` ordinals after an offset.
    pub(crate) fn page(&self, offset: u64, size: u64) -> Vec<u64> {
        let first = offset.min(self.len());
        let last = offset.saturating_add(size).min(self.len());
        match self {
            Self::Span { from, .. } => (from + first..from + last).collect(),
            Self::List(rows) => rows[first as usize..last as usize].to_vec(),
        }
    }
}
