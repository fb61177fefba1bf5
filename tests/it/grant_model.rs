//! The grant's state machine against a model.
