//! PEM certificates, as sites name them and exports contain them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// Letters in a line of PEM.
const WIDTH: usize = 64;

/// The form of one certificate: the signed content, the algorithm and the signature. The content is not checked.
pub(crate) struct Certificate {
    der: Vec<u8>,
}

impl Certificate {
    /// Its bytes.
    pub(crate) fn der(&self) -> &[u8] {
        &self.der
    }

    /// Its text, ending in a line break.
    pub(crate) fn pem(&self) -> String {
        let body = STANDARD.encode(&self.der);
        let mut pem = format!("{BEGIN}\n");
        for line in body.as_bytes().chunks(WIDTH) {
            pem.push_str(&String::from_utf8_lossy(line));
            pem.push('\n');
        }
        pem.push_str(END);
        pem.push('\n');
        pem
    }
}

/// The certificates of a text, at least one, without the text around them.
pub(crate) fn read(text: &str) -> Result<Vec<Certificate>, String> {
    let mut certificates = Vec::new();
    let mut rest = text;
    while let Some((_, begun)) = rest.split_once(BEGIN) {
        let (body, after) = begun
            .split_once(END)
            .ok_or("a certificate has no end line")?;
        let body: String = body.split_whitespace().collect();
        let der = STANDARD
            .decode(&body)
            .map_err(|_| "its content is not base64")?;
        if !is_certificate(&der) {
            return Err("its content is not a complete certificate".to_owned());
        }
        certificates.push(Certificate { der });
        rest = after;
    }
    if certificates.is_empty() {
        return Err(format!("there is no `{BEGIN}` line"));
    }
    Ok(certificates)
}

const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;

/// Whether these bytes are the parts of a certificate, to the last one (RFC 5280, 4.1).
fn is_certificate(der: &[u8]) -> bool {
    let Some((SEQUENCE, mut rest, [])) = element(der) else {
        return false;
    };
    for part in [SEQUENCE, SEQUENCE, BIT_STRING] {
        match element(rest) {
            Some((tag, _, after)) if tag == part => rest = after,
            _ => return false,
        }
    }
    rest.is_empty()
}

/// Splits DER into the tag and content of its first element, and the rest.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match usize::from(first) {
        short @ 0..=0x7f => (short, rest),
        // Four bytes of length are more than any certificate has.
        long @ 0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(long - 0x80)?;
            let length = bytes
                .iter()
                .fold(0, |length, byte| length << 8 | usize::from(*byte));
            (length, rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A certificate in form only, with some bytes as its content.
    fn made_of(content: &[u8]) -> String {
        let length = |bytes: &[u8]| u16::try_from(bytes.len()).unwrap().to_be_bytes();
        let sequence = |content: &[u8]| {
            let mut der = vec![SEQUENCE, 0x82];
            der.extend(length(content));
            der.extend(content);
            der
        };
        let parts = [sequence(content), sequence(&[]), vec![BIT_STRING, 1, 0]].concat();
        let der = sequence(&parts);
        Certificate { der }.pem()
    }

    #[test]
    fn all_of_a_bundle_is_read() {
        let (one, two) = (made_of(b"one"), made_of(&[7; 300]));
        let text = format!("remark\n{one}\nremark\n{}", two.replace('\n', "\r\n"));
        let pem: Vec<String> = read(&text).unwrap().iter().map(Certificate::pem).collect();
        assert_eq!(pem, [one, two]);
    }

    #[test]
    fn parts_of_certificates_are_none() {
        let der = read(&made_of(b"content")).unwrap().remove(0).der;
        assert!(is_certificate(&der));
        for end in 0..der.len() {
            assert!(!is_certificate(&der[..end]), "{end}");
        }
        assert!(!is_certificate(&[der.clone(), vec![0]].concat()));
        // What is signed, alone.
        assert!(!is_certificate(&der[4..]));
        // A length without a number, and one that nothing can have.
        assert!(!is_certificate(&[SEQUENCE, 0x80, 0, 0]));
        assert!(!is_certificate(&[
            SEQUENCE, 0x88, 255, 255, 255, 255, 255, 255, 255, 255
        ]));
    }
}
