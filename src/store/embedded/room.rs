//! The free room of the store, and whether verbs that make the file grow are carried out.
//!
//! The database doubles its file whenever its pages run out, without writing the new half. The file is then
//! sparse, and the disk has promised room that it has not given. So the room left is the free room less that
//! promise.

use crate::protocol::time::Timestamp;

/// Least cost of changing a row, in bytes: a page of the database, and its place in the tree.
const COST_OF_A_CHANGE: u64 = 8192;

/// The room of a store, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreRoom {
    /// Bytes free on the disk for this process.
    pub free: u64,
    /// Promised to the sparse file but not given yet.
    pub owed: u64,
}

impl StoreRoom {
    /// What is left when the file has been given its whole size.
    pub const fn left(self) -> u64 {
        self.free.saturating_sub(self.owed)
    }
}

/// Whether verbs that make the file grow are carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GrowthPermission {
    Granted,
    /// They are refused, and the room left is kept for other verbs.
    Refused,
}

impl GrowthPermission {
    /// The permission after a measurement. Refused growth is permitted again with an eighth of the reserve to
    /// spare, so that it does not alternate between batches.
    pub(super) const fn after(self, room: StoreRoom, reserve: u64) -> Self {
        let wanted = match self {
            Self::Granted => reserve,
            Self::Refused => reserve.saturating_add(reserve / 8),
        };
        if room.left() < wanted { Self::Refused } else { Self::Granted }
    }
}

/// Bytes that one batch may still add. The room is measured before a batch, which can be long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BatchAllowance(u64);

impl BatchAllowance {
    /// Used when the room cannot be measured.
    pub(super) const UNLIMITED: Self = Self(u64::MAX);

    /// The room above the reserve.
    pub(super) const fn of(growth: GrowthPermission, room: StoreRoom, reserve: u64) -> Self {
        match growth {
            GrowthPermission::Granted => Self(room.left().saturating_sub(reserve)),
            GrowthPermission::Refused => Self(0),
        }
    }

    /// Whether one more verb that grows the file is carried out.
    pub(super) const fn takes_one_more(self) -> bool {
        self.0 >= COST_OF_A_CHANGE
    }

    pub(super) const fn spend(&mut self, rows: u64, bytes: u64) {
        self.0 = self.0.saturating_sub(rows.saturating_mul(COST_OF_A_CHANGE).saturating_add(bytes));
    }
}

/// Whether a measurement is due: `every` milliseconds have passed, or the clock went back.
pub(super) const fn is_due(last: Option<Timestamp>, now: Timestamp, every: u64) -> bool {
    match last {
        None => true,
        Some(last) => {
            now.as_millis() < last.as_millis() || now.as_millis().saturating_sub(last.as_millis()) >= every
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn room(free: u64, owed: u64) -> StoreRoom {
        StoreRoom { free, owed }
    }

    #[test]
    fn room_promised_to_a_sparse_file_does_not_count_as_left() {
        assert_eq!(room(100, 0).left(), 100);
        assert_eq!(room(100, 60).left(), 40);
        assert_eq!(room(100, 160).left(), 0);
    }

    #[test]
    fn growth_ends_at_the_reserve_and_is_taken_again_a_little_above_it() {
        use GrowthPermission::{Granted, Refused};
        for (before, free, owed, after) in [
            (Granted, 81, 0, Granted),
            (Granted, 80, 0, Granted),
            (Granted, 79, 0, Refused),
            (Granted, 200, 121, Refused),
            (Granted, 0, 0, Refused),
            (Refused, 80, 0, Refused),
            (Refused, 89, 0, Refused),
            (Refused, 90, 0, Granted),
            (Refused, 190, 101, Refused),
        ] {
            assert_eq!(before.after(room(free, owed), 80), after, "{before:?}, {free} free, {owed} owed");
        }
    }

    #[test]
    fn a_batch_adds_no_more_than_lies_above_the_reserve() {
        let reserve = 1 << 20;
        let mut allowance =
            BatchAllowance::of(GrowthPermission::Granted, room(reserve + 3 * COST_OF_A_CHANGE, 0), reserve);
        assert!(allowance.takes_one_more());
        allowance.spend(1, 100);
        assert!(allowance.takes_one_more());
        allowance.spend(1, COST_OF_A_CHANGE);
        assert!(!allowance.takes_one_more());
        assert!(!BatchAllowance::of(GrowthPermission::Refused, room(u64::MAX, 0), reserve).takes_one_more());
        assert!(!BatchAllowance::of(GrowthPermission::Granted, room(reserve, 0), reserve).takes_one_more());
        let mut unlimited = BatchAllowance::UNLIMITED;
        unlimited.spend(u64::MAX, 0);
        assert!(!unlimited.takes_one_more(), "what was spent is spent");
    }

    #[test]
    fn a_look_is_due_after_a_while_and_when_the_clock_went_back() {
        let at = Timestamp::from_millis;
        for (last, now, due) in [
            (None, 0, true),
            (Some(5), 5, false),
            (Some(5), 1004, false),
            (Some(5), 1005, true),
            (Some(5), 4, true),
        ] {
            assert_eq!(is_due(last.map(at), at(now), 1000), due);
        }
    }
}
