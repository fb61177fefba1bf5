//! The states that something can be in after verbs of which some failed.

use tiquo_auth::ports::store::StoreError;

use crate::facts::{Violation, must};

const RULE: &str = "the store answers as the rules say";

/// So many states are followed at most; what is more than that is not checked.
const MOST_STATES: usize = 64;

/// The states that something can be in.
#[derive(Clone)]
pub(super) struct States<S>(pub(super) Vec<S>);

impl<S: Default> Default for States<S> {
    fn default() -> Self {
        Self(vec![S::default()])
    }
}

impl<S: Clone> States<S> {
    /// The states of two things together.
    pub(super) fn beside<T: Clone>(&self, other: &States<T>) -> States<(S, T)> {
        let pairs = self.0.iter().flat_map(|one| other.0.iter().map(|other| (one.clone(), other.clone())));
        States(pairs.collect())
    }
}

impl<S: Clone + PartialEq, T: Clone + PartialEq> States<(S, T)> {
    /// The states of each of the two.
    pub(super) fn apart(&self) -> (States<S>, States<T>) {
        let (mut ones, mut others) = (Vec::new(), Vec::new());
        for (one, other) in &self.0 {
            if !ones.contains(one) {
                ones.push(one.clone());
            }
            if !others.contains(other) {
                others.push(other.clone());
            }
        }
        (States(ones), States(others))
    }
}

impl<S: Clone + PartialEq> States<S> {
    /// Follows a verb. `carry_out` changes a state and says what the answer is then.
    pub(super) fn follow<A: PartialEq + std::fmt::Debug>(
        &mut self,
        verb: &str,
        answer: &Result<A, StoreError>,
        mut carry_out: impl FnMut(&mut S) -> A,
        is_like: impl Fn(&A, &A) -> bool,
    ) -> Result<(), Violation> {
        let mut next = Vec::new();
        let mut expected = Vec::new();
        for before in &self.0 {
            let mut after = before.clone();
            let says = carry_out(&mut after);
            match answer {
                Ok(answer) if !is_like(&says, answer) => expected.push(format!("{says:?}")),
                Ok(_) => next.push(after),
                // It may have been carried out.
                Err(_) => next.extend([before.clone(), after]),
            }
        }
        next.dedup();
        next.truncate(MOST_STATES);
        must(!next.is_empty(), RULE, || {
            format!("{verb} answered {answer:?}, and the rules say {}", expected.join(" or "))
        })?;
        self.0 = next;
        Ok(())
    }
}
