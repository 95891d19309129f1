//! The text form of a TypeID and the layout of a UUIDv7.

use uuid::Uuid;

/// Crockford's base 32 in lower case.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// 128 bits in characters of five.
const SUFFIX_LEN: usize = 26;

/// `prefix_suffix`, or the suffix alone for an empty prefix.
///
/// The prefix is not checked: it comes from this program.
pub(super) fn encode(prefix: &str, uuid: Uuid) -> String {
    let bits = uuid.as_u128();
    let mut text = String::with_capacity(prefix.len() + 1 + SUFFIX_LEN);
    text.push_str(prefix);
    if !prefix.is_empty() {
        text.push('_');
    }
    for place in (0..SUFFIX_LEN).rev() {
        let digit = (bits >> (5 * place)) & 31;
        text.push(char::from(ALPHABET[digit as usize]));
    }
    text
}

/// The prefix and UUID of a TypeID, or `None` when the text breaks the specification.
pub(super) fn decode(text: &str) -> Option<(&str, Uuid)> {
    let (prefix, suffix) = match text.rsplit_once('_') {
        Some(("", _)) => return None,
        Some(parts) => parts,
        None => ("", text),
    };
    let bits = decode_suffix(suffix.as_bytes())?;
    valid_prefix(prefix).then_some((prefix, Uuid::from_u128(bits)))
}

fn decode_suffix(suffix: &[u8]) -> Option<u128> {
    // Reason: 26 characters hold 130 bits, so the first may only use three of its five.
    if suffix.len() != SUFFIX_LEN || suffix[0] > b'7' {
        return None;
    }
    suffix.iter().try_fold(0_u128, |bits, character| {
        let digit = ALPHABET.binary_search(character).ok()?;
        Some(bits << 5 | digit as u128)
    })
}

fn valid_prefix(prefix: &str) -> bool {
    prefix.len() <= 63
        && prefix.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        && !prefix.starts_with('_')
        && !prefix.ends_with('_')
}

/// A UUIDv7 (RFC 9562, section 5.7): 48 bits of Unix milliseconds, the version, 12 bits, the
/// variant, 62 bits. `tail` gives the 74 bits in that order.
pub(super) fn uuid_v7(millis: u64, tail: u128) -> Uuid {
    let time = (u128::from(millis) & 0xffff_ffff_ffff) << 80;
    let high = (tail >> 62 & 0xfff) << 64;
    let low = tail & 0x3fff_ffff_ffff_ffff;
    Uuid::from_u128(time | 0x7 << 76 | high | 0b10 << 62 | low)
}
