//! Values that remember how they were when they were kept last: only what changed since is written, and it can be undone.
//!
//! A change costs as much as what it changes, whatever else the account holds.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::collections::btree_map::Range;
use std::ops::{Deref, DerefMut, RangeBounds};
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An ordered map of shared values that remembers which of them were changed, and how they were before.
#[derive(Debug, Clone)]
pub struct TrackedMap<K, V> {
    all: BTreeMap<K, Arc<V>>,
    before: BTreeMap<K, Option<Arc<V>>>,
}

impl<K: Ord + Clone, V: Clone> TrackedMap<K, V> {
    /// The value of that key.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&Arc<V>>
    where
        K: Borrow<Q>,
    {
        self.all.get(key)
    }

    /// The value of that key, to change.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let value = self.all.get_mut(key)?;
        self.before
            .entry(key.clone())
            .or_insert_with(|| Some(Arc::clone(value)));
        Some(Arc::make_mut(value))
    }

    /// All values in the order of their keys.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &Arc<V>> {
        self.all.values()
    }

    /// Keys and values of a range of keys.
    pub fn range(&self, range: impl RangeBounds<K>) -> Range<'_, K, Arc<V>> {
        self.all.range(range)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Puts a value there, and gives the one that was there.
    pub fn insert(&mut self, key: K, value: Arc<V>) -> Option<Arc<V>> {
        let before = self.all.insert(key.clone(), value);
        self.before.entry(key).or_insert_with(|| before.clone());
        before
    }

    /// Takes the value of that key away.
    pub fn remove(&mut self, key: &K) -> Option<Arc<V>> {
        let before = self.all.remove(key)?;
        self.before
            .entry(key.clone())
            .or_insert_with(|| Some(Arc::clone(&before)));
        Some(before)
    }

    /// Whether anything was touched since the last [`settle`](Self::settle).
    pub fn is_touched(&self) -> bool {
        !self.before.is_empty()
    }

    /// What was touched: each key with its value now, none where there is none now.
    pub fn touched(&self) -> impl Iterator<Item = (&K, Option<&Arc<V>>)> {
        self.before.keys().map(|key| (key, self.all.get(key)))
    }

    /// What was touched: each value as it was, and as it is now.
    pub fn pairs(&self) -> impl Iterator<Item = (Option<&Arc<V>>, Option<&Arc<V>>)> {
        let before = self.before.iter();
        before.map(|(key, before)| (before.as_ref(), self.all.get(key)))
    }

    /// Keys of values that were not there at the last [`settle`](Self::settle).
    pub fn added(&self) -> impl Iterator<Item = &K> {
        let before = self.before.iter();
        before
            .filter(|(key, before)| before.is_none() && self.all.contains_key(*key))
            .map(|(key, _)| key)
    }

    /// What is there now is what the next change starts from.
    pub fn settle(&mut self) {
        self.before.clear();
    }

    /// What was touched, as it was at the last [`settle`](Self::settle); the caller puts it back, and settles.
    pub fn take_before(&mut self) -> BTreeMap<K, Option<Arc<V>>> {
        std::mem::take(&mut self.before)
    }

    /// Makes everything as it was at the last [`settle`](Self::settle).
    pub fn undo(&mut self) {
        for (key, before) in self.take_before() {
            match before {
                Some(value) => self.all.insert(key, value),
                None => self.all.remove(&key),
            };
        }
    }
}

impl<K, V> Default for TrackedMap<K, V> {
    fn default() -> Self {
        Self {
            all: BTreeMap::new(),
            before: BTreeMap::new(),
        }
    }
}

/// The values are compared, not what is remembered.
impl<K: PartialEq, V: PartialEq> PartialEq for TrackedMap<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.all == other.all
    }
}

/// A small value that is written as a whole when it is another than it was.
#[derive(Debug, Clone, Default)]
pub struct Tracked<T> {
    now: T,
    before: Option<T>,
}

impl<T: Clone + PartialEq> Tracked<T> {
    /// A value that was never kept is tracked by whoever holds it.
    pub fn new(value: T) -> Self {
        Self {
            now: value,
            before: None,
        }
    }

    /// The value, when it is another than at the last [`settle`](Self::settle).
    pub fn changed(&self) -> Option<&T> {
        let before = self.before.as_ref()?;
        (*before != self.now).then_some(&self.now)
    }

    /// The value as it was at the last [`settle`](Self::settle).
    pub fn before(&self) -> &T {
        self.before.as_ref().unwrap_or(&self.now)
    }

    /// What is there now is what the next change starts from.
    pub fn settle(&mut self) {
        self.before = None;
    }

    /// Makes it as it was at the last [`settle`](Self::settle).
    pub fn undo(&mut self) {
        if let Some(before) = self.before.take() {
            self.now = before;
        }
    }
}

impl<T> Deref for Tracked<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.now
    }
}

/// Whoever may change it makes it remember how it was.
impl<T: Clone> DerefMut for Tracked<T> {
    fn deref_mut(&mut self) -> &mut T {
        if self.before.is_none() {
            self.before = Some(self.now.clone());
        }
        &mut self.now
    }
}

impl<T: PartialEq> PartialEq for Tracked<T> {
    fn eq(&self, other: &Self) -> bool {
        self.now == other.now
    }
}

impl<T: Serialize> Serialize for Tracked<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.now.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de> + Clone + PartialEq> Deserialize<'de> for Tracked<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::new)
    }
}

/// Whether something was never kept. It is no part of what the thing is: two that differ in it are equal.
#[derive(Debug, Clone, Copy, Default)]
pub struct IsNew(pub bool);

impl PartialEq for IsNew {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map() -> TrackedMap<u8, String> {
        let mut map = TrackedMap::default();
        for (key, value) in [(1, "one"), (2, "two")] {
            map.insert(key, Arc::new(value.to_owned()));
        }
        map.settle();
        map
    }

    #[test]
    fn what_was_made_changed_and_removed_is_told_and_can_be_undone() {
        let mut map = map();
        map.get_mut(&1).unwrap().push('!');
        map.get_mut(&1).unwrap().push('!');
        map.remove(&2);
        map.insert(3, Arc::new("three".to_owned()));
        let told: Vec<_> = map
            .touched()
            .map(|(key, now)| (*key, now.map(|text| text.as_str())))
            .collect();
        assert_eq!(told, [(1, Some("one!!")), (2, None), (3, Some("three"))]);
        assert_eq!(map.added().collect::<Vec<_>>(), [&3]);
        map.undo();
        assert_eq!(map, self::map());
        assert!(!map.is_touched());
    }

    #[test]
    fn what_is_put_back_after_it_was_taken_is_not_new() {
        let mut map = map();
        let one = map.remove(&1).unwrap();
        map.insert(1, one);
        assert_eq!(map.added().count(), 0);
        map.settle();
        assert_eq!(map.touched().count(), 0);
    }

    #[test]
    fn a_look_at_a_small_value_that_changes_nothing_is_no_change() {
        let mut text = Tracked::new("a".to_owned());
        text.reserve(8);
        assert_eq!(text.changed(), None);
        text.push('b');
        assert_eq!(text.changed().map(String::as_str), Some("ab"));
        text.undo();
        assert_eq!((text.as_str(), text.changed()), ("a", None));
    }
}
