//! Requests on their way: from one verb of the store to the next, and to their end.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tiquo_auth::flow::Caller;
use tiquo_auth::ports::clock::Clock as _;
use tiquo_auth::protocol::network::{ClientAddress, ClientNetwork};
use tiquo_auth::protocol::time::Timestamp;

use super::World;
use crate::facts::{Answer, Violation};
use crate::gate::{Passage, TaskId};
use crate::history::{Act, Pace};
use crate::people::{ClientRequest, RequestFuture, Who};

/// How long a request may take at most, and a verb that its caller no longer waits for.
const LONGEST_REQUEST: Duration = Duration::from_secs(60);

/// A request that was made and not answered yet.
pub(super) struct Task {
    asked: ClientRequest,
    pub(super) process: usize,
    began: u64,
    began_at: Timestamp,
    future: RequestFuture,
}

impl World<'_> {
    pub(super) fn nth_task(&self, number: u8) -> Option<TaskId> {
        let count = self.tasks.len();
        if count == 0 {
            return None;
        }
        self.tasks.keys().nth(usize::from(number) % count).copied()
    }

    pub(super) fn request(&mut self, act: Act, process: usize, pace: Pace) -> Result<(), Violation> {
        let process = process % self.processes.len();
        let task = self.next_task;
        let cx = Arc::clone(&self.processes[process].cx);
        let who = act.phone().map_or(Who::Thief, Who::Phone);
        let caller = caller(task, who, self.people.network_of(who));
        let Some((asked, future)) = self.people.ask(act, cx, caller, &self.post) else { return Ok(()) };
        self.next_task += 1;
        self.tick += 1;
        self.tell(|| format!("request {task}, at process {process}: {asked}"));
        self.facts.began(&asked, self.people.network_of(who), self.tick, self.time.now());
        self.tasks.insert(task, Task { asked, process, began: self.tick, began_at: self.time.now(), future });
        self.run(task, pace)
    }

    /// Lets so many verbs of a request through; it may end on the way.
    pub(super) fn run(&mut self, task: TaskId, pace: Pace) -> Result<(), Violation> {
        let mut verbs = 0;
        // The first turn leads to the first verb, or to an answer that needs none.
        if self.gate.waits(task).is_none() && self.poll(task)? {
            return Ok(());
        }
        while verbs < pace.verbs {
            let fault = pace.fault.filter(|(place, _)| *place == verbs).map(|(_, passage)| passage);
            self.faults += u64::from(fault.is_some());
            self.gate.open(task, fault.unwrap_or(Passage::Through));
            self.tick += 1;
            if self.poll(task)? {
                return Ok(());
            }
            verbs += 1;
        }
        let waits = self.gate.waits(task).unwrap_or("nothing");
        self.tell(|| format!("  request {task} waits with {waits}"));
        Ok(())
    }

    /// Takes a request to its next verb, or to its end. Answers whether it ended.
    pub(super) fn poll(&mut self, id: TaskId) -> Result<bool, Violation> {
        let Some(task) = self.tasks.get_mut(&id) else { return Ok(true) };
        let gate = self.gate.clone();
        let future = &mut task.future;
        let outcome = self.runtime.block_on(std::future::poll_fn(|context| {
            gate.enter(Some(id));
            let polled = Pin::new(&mut *future).poll(context);
            gate.enter(None);
            match polled {
                Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
                Poll::Pending if gate.waits(id).is_some() => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            }
        }));
        self.tell_verbs();
        self.observe()?;
        let Some(outcome) = outcome else { return Ok(false) };
        let Some(task) = self.tasks.remove(&id) else { return Ok(true) };
        self.gate.forget(id);
        self.tick += 1;
        self.tell(|| format!("  request {id} is answered: {outcome}"));
        let now = self.processes[task.process].clock.now();
        let answer = Answer {
            task: id,
            asked: &task.asked,
            outcome: &outcome,
            began: task.began,
            began_at: task.began_at,
            answered_at: self.time.now(),
            tick: self.tick,
            now,
        };
        self.facts.answered(&answer)?;
        self.people.hear(&task.asked, &outcome);
        Ok(true)
    }

    pub(super) fn tell_verbs(&mut self) {
        for line in self.gate.take_carried_out() {
            self.tell(|| format!("    {line}"));
        }
    }

    pub(super) fn drop_task(&mut self, task: TaskId) {
        self.tasks.remove(&task);
        self.gate.forget(task);
    }

    pub(super) fn late_verbs(&mut self) -> Result<(), Violation> {
        for late in self.gate.take_late() {
            let answer = self.runtime.block_on(late.verb);
            self.tick += 1;
            self.tell(|| format!("carried out late: {} → {answer}", late.name));
            self.observe()?;
        }
        Ok(())
    }

    /// A request or a verb that stands still for longer than any deadline is no more: what would outlast it ends before.
    pub(super) fn nobody_waits_for_longer(&mut self, span: Duration) -> Result<(), Violation> {
        let end = self.time.now().plus(span);
        let is_old = |task: &Task| end.since(task.began_at) > LONGEST_REQUEST;
        let old = self.tasks.iter().filter(|(_, task)| is_old(task)).map(|(id, _)| *id).collect::<Vec<_>>();
        for task in old {
            self.tell(|| format!("request {task} goes on"));
            self.run(task, Pace::WHOLE)?;
        }
        if span > LONGEST_REQUEST { self.late_verbs() } else { Ok(()) }
    }
}

fn caller(task: TaskId, who: Who, network: u8) -> Caller {
    let address: IpAddr = match who {
        Who::Phone(phone) => IpAddr::from([192, 0, network, 10 + phone as u8]),
        Who::Thief => IpAddr::from([198, 51, 100, 7]),
    };
    Caller {
        request_id: format!("r{task}"),
        network: ClientNetwork::of(address),
        address: ClientAddress::of(address),
    }
}
