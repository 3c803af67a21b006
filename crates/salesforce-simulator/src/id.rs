//! Record ids: 15 case-sensitive characters plus a three-character checksum.

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const CHECKSUM: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
/// The number of base-62 digits in the record number.
const NUMBER_DIGITS: usize = 8;

/// The four characters that differ between the ids of different organisations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pod([u8; 4]);

impl Pod {
    /// Derives the pod from a seed. Seeds below 14 million have different pods.
    pub(crate) fn of(seed: u64) -> Self {
        let span = 62_u64.pow(4);
        let mut rest = ((seed % span) * 7919 + 4217) % span;
        let mut chars = [0; 4];
        for slot in chars.iter_mut().rev() {
            *slot = DIGITS[(rest % 62) as usize];
            rest /= 62;
        }
        Self(chars)
    }
}

/// An id in its 18-character form. The ids of a table ascend with the record number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Id([u8; 18]);

impl Id {
    pub(crate) fn new(prefix: [u8; 3], pod: Pod, number: u64) -> Self {
        let mut id = [0; 18];
        id[..3].copy_from_slice(&prefix);
        id[3..7].copy_from_slice(&pod.0);
        let mut rest = number;
        for slot in id[7..15].iter_mut().rev() {
            *slot = DIGITS[(rest % 62) as usize];
            rest /= 62;
        }
        Self::with_checksum(id)
    }

    /// Parses an id with 15 or 18 characters; `None` if it is not one or its checksum is wrong.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if !matches!(bytes.len(), 15 | 18) || !bytes.iter().all(u8::is_ascii_alphanumeric) {
            return None;
        }
        let mut id = [0; 18];
        id[..15].copy_from_slice(&bytes[..15]);
        let id = Self::with_checksum(id);
        (bytes.len() == 15 || bytes[15..] == id.0[15..]).then_some(id)
    }

    fn with_checksum(mut id: [u8; 18]) -> Self {
        for group in 0..3 {
            let bits =
                (0..5).fold(0, |bits, place| bits | (usize::from(id[group * 5 + place].is_ascii_uppercase()) << place));
            id[15 + group] = CHECKSUM[bits];
        }
        Self(id)
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("ids are ASCII")
    }

    /// The 15-character form, which access tokens contain.
    pub(crate) fn short(&self) -> &str {
        &self.as_str()[..15]
    }

    pub(crate) fn prefix(&self) -> [u8; 3] {
        [self.0[0], self.0[1], self.0[2]]
    }

    pub(crate) fn pod(&self) -> Pod {
        Pod([self.0[3], self.0[4], self.0[5], self.0[6]])
    }

    pub(crate) fn number(&self) -> u64 {
        self.0[7..7 + NUMBER_DIGITS].iter().fold(0, |number, byte| {
            let digit = match byte {
                b'0'..=b'9' => byte - b'0',
                b'A'..=b'Z' => byte - b'A' + 10,
                _ => byte - b'a' + 36,
            };
            number * 62 + u64::from(digit)
        })
    }
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::fmt::Debug for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_one_salesforce_computes() {
        let id = Id::parse("005xx000001Sv6A").expect("valid");
        assert_eq!(id.as_str(), "005xx000001Sv6AAAS");
        let organization = Id::parse("00Dxx0000001gPL").expect("valid");
        assert_eq!(organization.as_str(), "00Dxx0000001gPLEAY");
    }

    #[test]
    fn ids_ascend_with_the_number_and_contain_it() {
        let pod = Pod::of(7);
        let ids: Vec<Id> =
            [1, 61, 62, 3843, 3844, 999_999_999].into_iter().map(|number| Id::new(*b"005", pod, number)).collect();
        assert!(ids.is_sorted());
        assert_eq!(ids[5].number(), 999_999_999);
        assert_ne!(Id::new(*b"005", Pod::of(8), 1), ids[0]);
    }

    #[test]
    fn an_id_with_a_wrong_checksum_is_invalid() {
        assert_eq!(Id::parse("005xx000001Sv6AAAA"), None);
        assert_eq!(Id::parse("005"), None);
    }
}
