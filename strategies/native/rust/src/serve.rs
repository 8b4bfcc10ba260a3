//! The timed loop. It is compiled for each layout and each way to wait; nothing in it branches on
//! an option.

use crate::block::{operation, Block};
use crate::clock::{now_ns, Wait};
use crate::evidence::Witness;
use crate::layout::Layout;
use crate::service::Service;

/// Serves one block.
///
/// Timing model: `started[i] = max(due[i], finished[i - 1])` and
/// `finished[i] = started[i] + service time`, so that
///
/// ```text
/// response time = finished[i] - due[i] = service time + time queued behind earlier operations
/// ```
///
/// A stall therefore delays all that is behind it and that delay is counted: due times are absolute
/// and never move (no coordinated omission). In a closed loop every due time is 0 and only
/// `finished - started` means anything. Both stamps include one clock read. A fast operation pays
/// one comparison for the causes of slow ones, see `Witness`.
pub fn serve<L: Layout, W: Wait>(
    block: &mut Block<'_>,
    service: &mut Service<L>,
    witness: &mut Witness,
) {
    let mut limit = witness.limit_ns;
    let mut before = witness.finished_ns;
    let requests = block.due.iter().zip(&*block.keys).zip(block.operations);
    let answers = block.arguments.iter_mut().zip(&mut *block.outcomes);
    let stamps = block.started.iter_mut().zip(&mut *block.finished);
    for ((((&due, &key), &operation), (argument, outcome)), (started, finished)) in
        requests.zip(answers).zip(stamps)
    {
        *started = W::until(due);
        match operation {
            operation::ACK => {
                if !service.layout.ack(key, *argument) {
                    *outcome = service.miss(operation, key, argument);
                }
            }
            operation::MENTION => {
                if !service.layout.mention(key) {
                    *outcome = service.miss(operation, key, argument);
                }
            }
            operation::READ => match service.layout.read(key) {
                Some(state) => *argument = state.message_id,
                None => *outcome = service.miss(operation, key, argument),
            },
            _ => service.commit(*argument),
        }
        let now = now_ns();
        *finished = now;
        if now > limit {
            limit = witness.check(due.max(before), now, service.counters());
        }
        before = now;
    }
    witness.limit_ns = limit;
    witness.finished_ns = before;
}
