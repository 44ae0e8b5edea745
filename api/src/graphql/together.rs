//! One request and the batches of its loaders, in one task.
//!
//! A loader gathers the keys of all fields that are ready, and then asks once for all of them. When its batch is a task
//! of its own, another thread may begin it while the fields are still being walked, and one batch becomes three, on a
//! busy machine more than on an idle one. Here the batches run where the request runs, in turns: first the request goes
//! as far as it can, then the batches that it has given out. So a batch always holds every key that was ready, and is
//! answered whole before the request goes on; nothing waits for a timer; and when the request is given up, so are its
//! batches.

use futures::future::{BoxFuture, ready};
use futures::stream::{FuturesUnordered, Stream};
use futures::task::{FutureObj, Spawn, SpawnError};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

/// The batches that one request gives out, until it takes them up.
#[derive(Clone, Default)]
pub struct Errands(Arc<Mutex<Vec<FutureObj<'static, ()>>>>);

impl Errands {
    fn take(&self) -> Vec<FutureObj<'static, ()>> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Spawn for Errands {
    fn spawn_obj(&self, errand: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(errand);
        Ok(())
    }
}

/// Runs a request together with what it gives out.
pub async fn together<T>(request: impl Future<Output = T>, errands: &Errands) -> T {
    let mut request = pin!(request);
    let mut running = FuturesUnordered::new();
    std::future::poll_fn(move |cx| {
        loop {
            if let Poll::Ready(done) = request.as_mut().poll(cx) {
                return Poll::Ready(done);
            }
            running.extend(errands.take());
            let mut has_news = false;
            while let Poll::Ready(Some(())) = Pin::new(&mut running).poll_next(cx) {
                has_news = true;
            }
            if !has_news {
                return Poll::Pending;
            }
        }
    })
    .await
}

/// Runs a subscription together with what its events give out. The batches of one event are answered before the next
/// event begins, and with the stream they are given up.
pub fn together_each<S: Stream + Send>(events: S, errands: Errands) -> impl Stream<Item = S::Item> + Send {
    let (mut events, mut running) = (Box::pin(events), FuturesUnordered::new());
    futures::stream::poll_fn(move |cx| {
        loop {
            if let Poll::Ready(event) = events.as_mut().poll_next(cx) {
                return Poll::Ready(event);
            }
            running.extend(errands.take());
            let mut has_news = false;
            while let Poll::Ready(Some(())) = Pin::new(&mut running).poll_next(cx) {
                has_news = true;
            }
            if !has_news {
                return Poll::Pending;
            }
        }
    })
}

/// A batch has nothing to wait for: it is taken up when the request can go no further.
pub struct AtOnce;

impl async_graphql::runtime::Timer for AtOnce {
    fn delay(&self, _: Duration) -> BoxFuture<'static, ()> {
        Box::pin(ready(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::dataloader::{DataLoader, HashMapCache, Loader};
    use futures::future::join_all;
    use std::collections::HashMap;

    /// Remembers its batches.
    #[derive(Clone, Default)]
    struct Batches(Arc<Mutex<Vec<usize>>>);

    impl Loader<u32> for Batches {
        type Value = u32;
        type Error = ();

        async fn load(&self, keys: &[u32]) -> Result<HashMap<u32, u32>, ()> {
            self.0.lock().unwrap().push(keys.len());
            tokio::task::yield_now().await;
            Ok(keys.iter().map(|key| (*key, key + 1_000)).collect())
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn what_is_ready_together_is_loaded_together() {
        for _ in 0..200 {
            let (batches, errands) = (Batches::default(), Errands::default());
            let loader = DataLoader::with_cache(batches.clone(), errands.clone(), AtOnce, HashMapCache::default());
            let two_steps = async |key: u32| {
                let next = loader.load_one(key).await.unwrap().unwrap();
                loader.load_one(next).await.unwrap().unwrap()
            };
            let request = join_all((0..100).map(two_steps));
            let found = tokio::spawn(async { together(async { 1 }, &Errands::default()).await }).await;
            assert_eq!(found.unwrap(), 1);
            assert_eq!(together(request, &errands).await.len(), 100);
            assert_eq!(*batches.0.lock().unwrap(), [100, 100]);
        }
    }

    #[tokio::test]
    async fn what_is_given_up_is_not_finished() {
        let errands = Errands::default();
        let request = async {
            let (tx, rx) = tokio::sync::oneshot::channel::<()>();
            let task = FutureObj::new(Box::new(async move {
                std::future::pending::<()>().await;
                drop(tx);
            }));
            errands.spawn_obj(task).unwrap();
            rx.await
        };
        let soon = Duration::from_millis(10);
        assert!(tokio::time::timeout(soon, together(request, &errands)).await.is_err());
    }
}
