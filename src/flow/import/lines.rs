//! Splits a byte stream into lines, in bounded memory.

use crate::protocol::import::MAX_LINE;
use crate::protocol::json::without_byte_order_mark;

/// The position in its source where a batch of lines ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct BatchPosition {
    /// The number of bytes before the next line.
    pub offset: u64,
    /// The number of lines before the next line.
    pub line: u64,
}

/// Splits chunks of bytes into numbered lines. Only the beginning of an overlong line is kept, enough to
/// refuse it.
#[derive(Debug, Default)]
pub struct LineReader {
    place: BatchPosition,
    partial: Vec<u8>,
    partial_length: u64,
}

impl LineReader {
    /// Resumes at a position.
    pub fn at(place: BatchPosition) -> Self {
        Self { place, ..Self::default() }
    }

    /// The position after the last whole line.
    pub const fn place(&self) -> BatchPosition {
        self.place
    }

    /// Takes a chunk, and appends the lines that it completes, without empty ones.
    pub fn push(&mut self, mut bytes: &[u8], lines: &mut Vec<(u64, Vec<u8>)>) {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            let (line, rest) = bytes.split_at(end);
            self.keep_line(line);
            self.end(1, lines);
            bytes = rest.get(1..).unwrap_or_default();
        }
        self.keep_line(bytes);
    }

    /// Appends the last line if it has no line end.
    pub fn finish(&mut self, lines: &mut Vec<(u64, Vec<u8>)>) {
        if self.partial_length > 0 {
            self.end(0, lines);
        }
    }

    fn keep_line(&mut self, bytes: &[u8]) {
        let room = MAX_LINE.saturating_add(1).saturating_sub(self.partial.len());
        self.partial.extend_from_slice(bytes.get(..room.min(bytes.len())).unwrap_or_default());
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.partial_length = self.partial_length.saturating_add(length);
    }

    fn end(&mut self, line_end: u64, lines: &mut Vec<(u64, Vec<u8>)>) {
        self.place.line = self.place.line.saturating_add(1);
        self.place.offset = self.place.offset.saturating_add(self.partial_length).saturating_add(line_end);
        self.partial_length = 0;
        let mut line = std::mem::take(&mut self.partial);
        if self.place.line == 1 {
            let mark = line.len().saturating_sub(without_byte_order_mark(&line).len());
            drop(line.drain(..mark));
        }
        if !line.trim_ascii().is_empty() {
            lines.push((self.place.line, line));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &[u8], piece: usize) -> (Vec<(u64, Vec<u8>)>, BatchPosition) {
        let (mut lines, mut out) = (LineReader::default(), Vec::new());
        for piece in text.chunks(piece) {
            lines.push(piece, &mut out);
        }
        lines.finish(&mut out);
        (out, lines.place())
    }

    #[test]
    fn lines_are_the_same_however_the_bytes_come() {
        let text = b"one\n\n  \r\nfour\nfive";
        let expected = vec![(1, b"one".to_vec()), (4, b"four".to_vec()), (5, b"five".to_vec())];
        for piece in 1..=text.len() {
            assert_eq!(
                cut(text, piece),
                (expected.clone(), BatchPosition { offset: 18, line: 5 }),
                "{piece}"
            );
        }
    }

    #[test]
    fn a_byte_order_mark_before_the_first_line_is_left_out_and_counted() {
        let text = b"\xef\xbb\xbfone\n\xef\xbb\xbftwo\n";
        let expected = vec![(1, b"one".to_vec()), (2, b"\xef\xbb\xbftwo".to_vec())];
        for piece in 1..=text.len() {
            assert_eq!(
                cut(text, piece),
                (expected.clone(), BatchPosition { offset: 14, line: 2 }),
                "{piece}"
            );
        }
        assert_eq!(cut(b"\xef\xbb\xbf\n", 1).0, vec![], "a mark alone is an empty line");
    }

    #[test]
    fn of_a_line_that_is_too_long_a_little_more_than_allowed_is_kept() {
        let text = [vec![b'a'; 3 * MAX_LINE], b"\nnext\n".to_vec()].concat();
        let (lines, place) = cut(&text, 10_000);
        assert_eq!(lines[0].1.len(), MAX_LINE + 1);
        assert_eq!(lines[1], (2, b"next".to_vec()));
        assert_eq!(place.offset, text.len() as u64);
    }

    #[test]
    fn a_reader_resumes_at_the_position_of_another() {
        let text = b"one\ntwo\nthree\n";
        let (mut lines, mut out) = (LineReader::default(), Vec::new());
        lines.push(&text[..9], &mut out);
        let place = lines.place();
        assert_eq!((place, out.len()), (BatchPosition { offset: 8, line: 2 }, 2));
        let mut rest = LineReader::at(place);
        rest.push(&text[8..], &mut out);
        assert_eq!(out[2], (3, b"three".to_vec()));
    }
}
