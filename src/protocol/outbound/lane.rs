//! The purposes of fetches. Each purpose has separate capacity for the operator's clients and for others (a
//! lane).

use std::num::NonZeroUsize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FetchPurpose {
    /// The keys of a client (`jwks_uri`), without which it cannot authenticate.
    Keys,
    /// A request object (`request_uri`), whose fetch anyone who knows the client's id can cause.
    RequestObject,
    /// A document about a client (`sector_identifier_uri`).
    Document,
    /// A logout notice to a client (`backchannel_logout_uri`).
    Notice,
}

/// Who named the URL of a fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UrlOrigin {
    /// A client of the configuration.
    Operator,
    /// A client that registered itself, or is about to.
    Stranger,
}

/// The fetches of one purpose for URLs of one origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lane {
    pub purpose: FetchPurpose,
    pub named_by: UrlOrigin,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneCapacity {
    /// The most fetches that run at once.
    pub places: NonZeroUsize,
    /// The share of one host or client in the running fetches.
    pub share: NonZeroUsize,
    /// The most fetches that wait.
    pub waiting: usize,
    /// The share of one host or client in the waiting fetches.
    pub waiting_share: usize,
}

impl Lane {
    pub const ALL: [Self; 8] = [
        Self::new(FetchPurpose::Keys, UrlOrigin::Operator),
        Self::new(FetchPurpose::Keys, UrlOrigin::Stranger),
        Self::new(FetchPurpose::RequestObject, UrlOrigin::Operator),
        Self::new(FetchPurpose::RequestObject, UrlOrigin::Stranger),
        Self::new(FetchPurpose::Document, UrlOrigin::Operator),
        Self::new(FetchPurpose::Document, UrlOrigin::Stranger),
        Self::new(FetchPurpose::Notice, UrlOrigin::Operator),
        Self::new(FetchPurpose::Notice, UrlOrigin::Stranger),
    ];

    pub const fn new(purpose: FetchPurpose, named_by: UrlOrigin) -> Self {
        Self { purpose, named_by }
    }

    /// The capacity of this lane out of `concurrent` places: an eighth. One party may use half of it if the
    /// operator named it, else a quarter. More notices may wait, because the end of many sessions sends many
    /// at once.
    pub fn room(self, concurrent: usize) -> LaneCapacity {
        let at_least_one = |count: usize| NonZeroUsize::new(count).unwrap_or(NonZeroUsize::MIN);
        let places = at_least_one(concurrent.checked_div(Self::ALL.len()).unwrap_or_default());
        let share = match self.named_by {
            UrlOrigin::Operator => at_least_one(places.get() / 2),
            UrlOrigin::Stranger => at_least_one(places.get() / 4),
        };
        let (waiting, waiting_share) = match self.purpose {
            FetchPurpose::Notice => (4096, 1024),
            FetchPurpose::Keys | FetchPurpose::RequestObject | FetchPurpose::Document => (1024, 64),
        };
        LaneCapacity { places, share, waiting, waiting_share }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_lanes_together_have_the_places_that_there_are_and_no_party_has_a_whole_lane() {
        for concurrent in [16, 64, 1024] {
            let rooms = Lane::ALL.map(|lane| lane.room(concurrent));
            assert_eq!(rooms.iter().map(|room| room.places.get()).sum::<usize>(), concurrent);
            assert!(rooms.iter().all(|room| room.share < room.places));
        }
        let shares = [UrlOrigin::Operator, UrlOrigin::Stranger]
            .map(|named_by| Lane::new(FetchPurpose::Keys, named_by).room(64).share.get());
        assert_eq!(shares, [4, 2]);
    }

    #[test]
    fn a_lane_has_a_place_however_few_there_are() {
        for lane in Lane::ALL {
            let room = lane.room(0);
            assert_eq!((room.places.get(), room.share.get()), (1, 1));
        }
    }

    #[test]
    fn notices_wait_in_larger_numbers() {
        let waiting = |purpose| Lane::new(purpose, UrlOrigin::Operator).room(64).waiting_share;
        assert!(waiting(FetchPurpose::Notice) > waiting(FetchPurpose::RequestObject));
    }
}
