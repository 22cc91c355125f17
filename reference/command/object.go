package command

import "github.com/clusterspec/clusterspec/reference/keyspace"

// This file is how commands reach values that are made of elements: lists, sets, hashes and sorted sets. Such a value is
// changed where it is; Modified ends the change.

// object is a pointer to one of the types of such values.
type object[T any] interface {
	*T
	keyspace.Object
}

// readObject finds a value for a command that only reads it: nil when there is no such key. ok is false after the reply
// that the key holds something else.
func readObject[T any, P object[T]](c *Call, key []byte) (o P, ok bool) {
	v, found := c.LookupRead(key)
	return asObject[T, P](c, v, found)
}

// writeObject is readObject for a command that is about to change the value.
func writeObject[T any, P object[T]](c *Call, key []byte) (o P, ok bool) {
	v, found := c.LookupWrite(key)
	return asObject[T, P](c, v, found)
}

func asObject[T any, P object[T]](c *Call, v keyspace.Value, found bool) (o P, ok bool) {
	if !found {
		return nil, true
	}
	if o, ok = v.Object.(P); !ok {
		c.Error(errWrongType)
	}
	return o, ok
}

// StoreObject gives a key the value o, without an expiry; an empty one leaves no key behind. It says whether anything
// changed.
func (c *Call) StoreObject(key []byte, o keyspace.Object) bool {
	if o.Len() == 0 {
		return c.Delete(key)
	}
	c.Store(key, keyspace.ObjectValue(o))
	return true
}

// Modified says that the value o of a key was changed in place. The key is deleted when nothing is left of it.
func (c *Call) Modified(key []byte, o keyspace.Object) {
	if o.Len() == 0 {
		c.Delete(key)
		return
	}
	c.touch(key)
}
