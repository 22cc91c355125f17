package command

import (
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/defect"
	"github.com/clusterspec/clusterspec/reference/keyspace"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// This file is the only way from commands to the keyspace, so that expiry, WATCH and propagation are decided in one
// place.

// lookup finds a key that has not expired. An expired one is deleted by a primary, which tells its replicas; a replica
// hides it and waits for its primary to delete it, whose own commands it obeys to the letter (Redis: expireIfNeeded).
func (e *Engine) lookup(at slot.Slot, key []byte, fromPrimary bool) (keyspace.Value, bool) {
	v, ok := e.DB.Get(at, key)
	if !ok || !e.isExpired(v) || fromPrimary {
		return v, ok
	}
	if e.replica && e.Defects.Has(defect.ReplicaShowsExpired) {
		return v, ok
	}
	if !e.replica && !e.pauses.stopWrites() {
		e.expire(at, key)
	}
	return keyspace.Value{}, false
}

// exists says whether a key is there and has not expired; it leaves no trace.
func (e *Engine) exists(at slot.Slot, key []byte) bool {
	v, ok := e.DB.Get(at, key)
	return ok && !e.isExpired(v)
}

// isExpired says whether a value's time is over.
func (e *Engine) isExpired(v keyspace.Value) bool { return v.ExpireAt != 0 && e.Now.Wall > v.ExpireAt }

// expire deletes a key whose time is over, here and at the replicas.
func (e *Engine) expire(at slot.Slot, key []byte) {
	e.stats.expired++
	if !e.Defects.Has(defect.ExpiryStaysHere) {
		e.propagate(wordDel, key)
	}
	e.DB.Delete(at, key)
	e.touch(key)
}

// LookupRead finds a key for a command that only reads it.
func (c *Call) LookupRead(key []byte) (keyspace.Value, bool) {
	v, ok := c.lookup(c.slotOf(key), key, c.Session.Primary)
	if ok {
		c.stats.hits++
	} else {
		c.stats.misses++
	}
	return v, ok
}

// LookupWrite finds a key for a command that is about to change it.
func (c *Call) LookupWrite(key []byte) (keyspace.Value, bool) {
	at := c.slotOf(key)
	v, ok := c.lookup(at, key, c.Session.Primary)
	if v.Object != nil {
		c.DB.Changing(at) // it will be changed in place
	}
	return v, ok
}

// Store inserts or replaces a key; expiry is part of the value.
func (c *Call) Store(key []byte, v keyspace.Value) {
	c.DB.Set(c.slotOf(key), key, v)
	c.touch(key)
	if v.Object != nil {
		c.keyCreated(key)
	}
}

// StoreExpiry changes when a key expires; 0 makes it stay.
func (c *Call) StoreExpiry(key []byte, at clock.Millis) {
	c.DB.SetExpiry(c.slotOf(key), key, at)
	c.touch(key)
}

// Delete removes a key and says whether it was there.
func (c *Call) Delete(key []byte) bool {
	if !c.DB.Delete(c.slotOf(key), key) {
		return false
	}
	c.touch(key)
	return true
}

// slotOf is SlotOf, remembered for the key the request was routed by.
func (c *Call) slotOf(key []byte) slot.Slot {
	if len(key) > 0 && len(key) == len(c.first) && &key[0] == &c.first[0] {
		return c.firstSlot
	}
	return c.SlotOf(key)
}
