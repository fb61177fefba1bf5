//! The processes of the issuer: how they start, and how they die.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use tiquo_auth::flow::Context;
use tiquo_auth::flow::client_keys::ClientKeys;
use tiquo_auth::ports::clock::Clock;
use tiquo_auth::ports::logout_notices::NoNotices;
use tiquo_auth::ports::store::Stores;

use super::World;
use crate::gated_store::GatedStore;
use crate::surroundings::{NoFetcher, ProcessClock, SimulatedMacKeys, SimulatedSigner};

/// One process of the issuer.
pub(super) struct Process {
    pub(super) cx: Arc<Context>,
    pub(super) clock: Arc<ProcessClock>,
    pub(super) mac_keys: Arc<SimulatedMacKeys>,
}

impl World<'_> {
    pub(super) fn start_process(&mut self, number: usize) -> Process {
        let clock = Arc::new(ProcessClock { world: self.time.clone(), ahead_millis: AtomicI64::new(0) });
        let mac_keys = Arc::new(SimulatedMacKeys::new(Arc::clone(&self.newest_mac_key)));
        let dynamic_clock = Arc::clone(&clock) as Arc<dyn Clock>;
        let stores: Arc<dyn Stores> = Arc::new(GatedStore {
            stores: self.place.stores(number, &dynamic_clock),
            gate: self.gate.clone(),
            log: self.log.clone(),
        });
        let fetcher = Arc::new(NoFetcher);
        let cx = Context {
            policy: Arc::clone(&self.policy),
            clock: Arc::clone(&dynamic_clock),
            entropy: Arc::clone(&self.entropy) as _,
            mac_keys: Arc::clone(&mac_keys) as _,
            signer: Arc::new(SimulatedSigner),
            stores,
            mailer: Arc::new(self.post.clone()),
            fetcher: fetcher.clone(),
            client_keys: Arc::new(ClientKeys::new(fetcher, dynamic_clock)),
            notices: Arc::new(NoNotices),
            audit: Arc::new(self.audit.clone()),
        };
        Process { cx: Arc::new(cx), clock, mac_keys }
    }

    pub(super) fn crash(&mut self, process: usize, power_lost: bool) {
        let process = process % self.processes.len();
        self.faults += 1;
        let how = if power_lost { "dies with the power" } else { "is killed" };
        self.tell(|| format!("process {process} {how} and starts again"));
        let gone = self.tasks.iter().filter(|(_, task)| task.process == process);
        for task in gone.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.drop_task(task);
        }
        if self.place.crash_takes_store_down() {
            // What nobody waits for any more is carried out by nobody.
            drop(self.gate.take_late());
            self.processes.clear();
            self.place.crash(power_lost);
            self.model.forget_counters();
            self.facts.forget_counters();
            for number in 0..self.place.processes() {
                let process = self.start_process(number);
                self.processes.push(process);
            }
        } else {
            self.processes[process] = self.start_process(process);
        }
    }
}
