//! Running it: what a service manager, a load balancer and a collector of metrics see; being stopped, killed, and told
//! nonsense.

mod begins;
mod ends;
mod watched;

use crate::runner::Test;

pub fn all() -> Vec<Test> {
    [watched::all(), begins::all(), ends::all()]
        .into_iter()
        .flatten()
        .collect()
}
