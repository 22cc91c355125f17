package rdb

// What an RDB file is made of (spec 9.5): the header, then parts that each begin with an opcode or, for a key, with the
// type of its value.
const (
	magic      = "REDIS" // then the version in four digits
	magicBytes = len(magic) + 4

	opSlotInfo     = 244 // Redis 7.4 and later in cluster mode: slot, keys, keys with expiry
	opFunction     = 245 // source of a function library
	opFunctionPre  = 246 // the same in release candidates of Redis 7.0
	opModuleAux    = 247 // data of a module
	opIdle         = 248 // seconds without use of the key that follows
	opFreq         = 249 // frequency of use of the key that follows
	opAux          = 250 // name and value of a field about the file
	opResize       = 251 // keys, keys with expiry
	opExpireMillis = 252 // expiry of the key that follows
	opExpire       = 253 // the same in seconds
	opSelect       = 254 // database of the keys that follow
	opEnd          = 255 // the checksum follows
	opFirst        = 243 // no type of a value is as large
)

const checksumBytes = 8

// checksumSince is the version that brought the checksum.
const checksumSince = 5
