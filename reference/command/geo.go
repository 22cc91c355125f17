package command

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/clusterspec/clusterspec/reference/keyspace"
)

// geoCommands keep places on the earth in sorted sets: the score of a member is a geohash of 52 bits, in which the bits of
// longitude and latitude take turns (Redis: geo.c, geohash.c).
var geoCommands = []Command{
	{
		Name: "geoadd", Arity: -5, Flags: Write | DenyOOM, Keys: oneKey(ReadWriteKey | UpdatesValue), Group: "geo", Since: "3.2.0",
		Complexity: "O(log N) for each place", Summary: "Adds places, or moves them", Run: geoadd,
	},
	{
		Name: "geodist", Arity: -4, Flags: ReadOnly, Keys: oneKey(ReadKey | ReturnsValue), Group: "geo", Since: "3.2.0",
		Complexity: "O(1)", Summary: "Returns the distance of two places", Run: geodist,
	},
	{
		Name: "geohash", Arity: -2, Flags: ReadOnly, Keys: oneKey(ReadKey | ReturnsValue), Group: "geo", Since: "3.2.0",
		Complexity: "O(1) for each place", Summary: "Returns places as geohashes of 11 letters", Run: geohashes,
	},
	{
		Name: "geopos", Arity: -2, Flags: ReadOnly, Keys: oneKey(ReadKey | ReturnsValue), Group: "geo", Since: "3.2.0",
		Complexity: "O(1) for each place", Summary: "Returns longitude and latitude of places", Run: geopos,
	},
	{
		Name: "geosearch", Arity: -7, Flags: ReadOnly, Keys: oneKey(ReadKey | ReturnsValue), Group: "geo", Since: "6.2.0",
		Complexity: "O(N) in the number of places", Summary: "Finds the places in a circle or a rectangle", Run: geosearch,
	},
	{
		Name: "geosearchstore", Arity: -8, Flags: Write | DenyOOM, Keys: twoKeys(OverwriteKey|UpdatesValue, ReadKey|ReturnsValue), Group: "geo",
		Since: "6.2.0", Complexity: "O(N) in the number of places", Summary: "Keeps the places in a circle or a rectangle", Run: geosearch,
	},
}

// place is a point on the earth, in degrees.
type place struct{ longitude, latitude float64 }

// The part of the earth that places can be in, in degrees, and its radius, in metres: Redis's numbers.
const (
	longitudeMax = 180
	latitudeMax  = 85.05112878
	earthRadius  = 6372797.560856
)

const (
	geoSteps = 26 // bits of each coordinate
	geoScale = 1 << geoSteps
	geoBits  = geoSteps + 1 // the greatest coordinate needs one more
)

// geoHash makes one number of two coordinates, with latitudes from -most to most.
func geoHash(p place, most float64) uint64 {
	x := uint32((p.longitude + longitudeMax) / (2 * longitudeMax) * geoScale)
	y := uint32((p.latitude + most) / (2 * most) * geoScale)
	var hash uint64
	for bit := range geoBits {
		hash |= uint64(y>>bit&1)<<(2*bit) | uint64(x>>bit&1)<<(2*bit+1)
	}
	return hash
}

// placeOf is the middle of the cell that a score stands for.
func placeOf(score float64) place {
	hash := uint64(score)
	var x, y uint32
	for bit := range geoBits {
		y |= uint32(hash>>(2*bit)&1) << bit
		x |= uint32(hash>>(2*bit+1)&1) << bit
	}
	middle := func(n uint32, most float64) float64 {
		low := -most + float64(n)/geoScale*(2*most)
		high := -most + (float64(n)+1)/geoScale*(2*most)
		return min(max((low+high)/2, -most), most)
	}
	return place{middle(x, longitudeMax), middle(y, latitudeMax)}
}

func radians(degrees float64) float64 { return degrees * (math.Pi / 180) }

// distance is the length of the great circle between two places, in metres.
func distance(p, q place) float64 {
	v := math.Sin((radians(q.longitude) - radians(p.longitude)) / 2)
	if v == 0 {
		return latitudeDistance(p.latitude, q.latitude)
	}
	lat1, lat2 := radians(p.latitude), radians(q.latitude)
	u := math.Sin((lat2 - lat1) / 2)
	return 2 * earthRadius * math.Asin(math.Sqrt(u*u+math.Cos(lat1)*math.Cos(lat2)*v*v))
}

func latitudeDistance(a, b float64) float64 { return earthRadius * math.Abs(radians(b)-radians(a)) }

// placeArg reads longitude and latitude.
func (c *Call) placeArg(i int) (p place, ok bool) {
	if p.longitude, ok = c.scoreArg(i, errNotFloat); !ok {
		return p, false
	}
	if p.latitude, ok = c.scoreArg(i+1, errNotFloat); !ok {
		return p, false
	}
	if math.Abs(p.longitude) > longitudeMax || math.Abs(p.latitude) > latitudeMax {
		c.Error(fmt.Sprintf("ERR invalid longitude,latitude pair %f,%f", p.longitude, p.latitude))
		return p, false
	}
	return p, true
}

// unitMetresArg reads a unit of length and says how many metres it is.
func (c *Call) unitMetresArg(i int) (float64, bool) {
	for unit, metres := range map[string]float64{"m": 1, "km": 1000, "ft": 0.3048, "mi": 1609.34} {
		if is(c.Args[i], unit) {
			return metres, true
		}
	}
	c.Error("ERR unsupported unit provided. please use M, KM, FT, MI")
	return 0, false
}

// geoadd is a ZADD, and goes to replicas as one.
func geoadd(c *Call) {
	first, onlyNew, onlyOld := 2, false, false
	for ; first < len(c.Args); first++ {
		if is(c.Args[first], "NX") {
			onlyNew = true
		} else if is(c.Args[first], "XX") {
			onlyOld = true
		} else if !is(c.Args[first], "CH") {
			break
		}
	}
	if (len(c.Args)-first)%3 != 0 || onlyNew && onlyOld {
		c.Error(errSyntax)
		return
	}
	asZAdd := append([][]byte{[]byte("ZADD")}, c.Args[1:first]...)
	for i := first; i < len(c.Args); i += 3 {
		p, ok := c.placeArg(i)
		if !ok {
			return
		}
		asZAdd = append(asZAdd, strconv.AppendUint(nil, geoHash(p, latitudeMax), 10), c.Args[i+2])
	}
	args := c.Args
	c.Args = asZAdd
	addScores(c, zaddOptions{})
	c.Args = args
	if c.dirty > 0 && !c.rewritten {
		c.Rewrite(asZAdd...)
	}
}

// scoreIn is the score of a member of a set that may not be there.
func scoreIn(z *keyspace.ZSet, member []byte) (float64, bool) {
	if z == nil {
		return 0, false
	}
	return z.Score(member)
}

func geodist(c *Call) {
	metres := 1.0
	switch len(c.Args) {
	case 4:
	case 5:
		var ok bool
		if metres, ok = c.unitMetresArg(4); !ok {
			return
		}
	default:
		c.Error(errSyntax)
		return
	}
	z, ok := readObject[keyspace.ZSet](c, c.Args[1])
	if !ok {
		return
	}
	from, found := scoreIn(z, c.Args[2])
	to, foundToo := scoreIn(z, c.Args[3])
	if !found || !foundToo {
		c.Reply.Null()
		return
	}
	c.replyDistance(distance(placeOf(from), placeOf(to)) / metres)
}

func (c *Call) replyDistance(d float64) { c.Reply.BulkString(strconv.FormatFloat(d, 'f', 4, 64)) }

// replyPlace writes coordinates with 17 decimals, as far as they are not zeros.
func (c *Call) replyPlace(p place) {
	c.Reply.Array(2)
	for _, degrees := range []float64{p.longitude, p.latitude} {
		text := strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(degrees, 'f', 17, 64), "0"), ".")
		if c.Reply.Proto == 3 {
			c.Reply.Buf = append(append(append(c.Reply.Buf, ','), text...), "\r\n"...)
		} else {
			c.Reply.BulkString(text)
		}
	}
}

func geopos(c *Call) {
	z, ok := readObject[keyspace.ZSet](c, c.Args[1])
	if !ok {
		return
	}
	c.Reply.Array(len(c.Args) - 2)
	for _, member := range c.Args[2:] {
		if score, found := scoreIn(z, member); found {
			c.replyPlace(placeOf(score))
		} else {
			c.Reply.NullArray()
		}
	}
}

// geohashes writes the geohashes that the world uses: latitudes go from -90 to 90 there, and the last letter would need
// more bits than there are.
func geohashes(c *Call) {
	const letters, standardLatitudeMax = "0123456789bcdefghjkmnpqrstuvwxyz", 90
	z, ok := readObject[keyspace.ZSet](c, c.Args[1])
	if !ok {
		return
	}
	c.Reply.Array(len(c.Args) - 2)
	for _, member := range c.Args[2:] {
		score, found := scoreIn(z, member)
		if !found {
			c.Reply.Null()
			continue
		}
		hash := geoHash(placeOf(score), standardLatitudeMax)
		text := []byte("00000000000")
		for i := range len(text) - 1 {
			text[i] = letters[hash>>(2*geoSteps-(i+1)*5)&31]
		}
		c.Reply.Bulk(text)
	}
}

// geoSearch is what GEOSEARCH looks for.
type geoSearch struct {
	center                     place
	fromMember, fromPlace      bool
	byRadius, byBox            bool
	radius, width, height      float64 // in the unit
	metres                     float64 // that the unit is
	count                      int64   // 0: all
	any, ascending, descending bool
	withDistance, withHash     bool
	withPlace, storeDistance   bool
}

// geoFound is one place that was found.
type geoFound struct {
	member   []byte
	score    float64
	place    place
	distance float64 // metres
}

// parse reads the options of GEOSEARCH from a position on, or replies with an error.
func (g *geoSearch) parse(c *Call, z *keyspace.ZSet, i int, stores bool) (ok bool) {
	for ; i < len(c.Args); i++ {
		more := len(c.Args) - i - 1
		switch word := c.Args[i]; {
		case is(word, "WITHDIST"):
			g.withDistance = true
		case is(word, "WITHHASH"):
			g.withHash = true
		case is(word, "WITHCOORD"):
			g.withPlace = true
		case is(word, "ANY"):
			g.any = true
		case is(word, "ASC"):
			g.ascending, g.descending = true, false
		case is(word, "DESC"):
			g.ascending, g.descending = false, true
		case is(word, "COUNT") && more >= 1:
			i++
			if g.count, ok = c.intArg(i); !ok {
				return false
			}
			if g.count <= 0 {
				c.Error("ERR COUNT must be > 0")
				return false
			}
		case is(word, "STOREDIST") && stores:
			g.storeDistance = true
		case is(word, "FROMMEMBER") && more >= 1 && !g.fromPlace:
			i++
			g.fromMember = true
			if z == nil {
				continue
			}
			score, found := z.Score(c.Args[i])
			if !found {
				c.Error("ERR could not decode requested zset member")
				return false
			}
			g.center = placeOf(score)
		case is(word, "FROMLONLAT") && more >= 2 && !g.fromMember:
			if g.center, ok = c.placeArg(i + 1); !ok {
				return false
			}
			g.fromPlace = true
			i += 2
		case is(word, "BYRADIUS") && more >= 2 && !g.byBox:
			if g.radius, ok = c.scoreArg(i+1, "ERR need numeric radius"); !ok {
				return false
			}
			if g.radius < 0 {
				c.Error("ERR radius cannot be negative")
				return false
			}
			if g.metres, ok = c.unitMetresArg(i + 2); !ok {
				return false
			}
			g.byRadius = true
			i += 2
		case is(word, "BYBOX") && more >= 3 && !g.byRadius:
			if g.width, ok = c.scoreArg(i+1, "ERR need numeric width"); !ok {
				return false
			}
			if g.height, ok = c.scoreArg(i+2, "ERR need numeric height"); !ok {
				return false
			}
			if g.width < 0 || g.height < 0 {
				c.Error("ERR height or width cannot be negative")
				return false
			}
			if g.metres, ok = c.unitMetresArg(i + 3); !ok {
				return false
			}
			g.byBox = true
			i += 3
		default:
			c.Error(errSyntax)
			return false
		}
	}
	name := cString(c.Args[0], math.MaxInt)
	switch {
	case stores && (g.withDistance || g.withHash || g.withPlace):
		c.Error("ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options")
	case !g.fromMember && !g.fromPlace:
		c.Error(fmt.Sprintf("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for %s", name))
	case !g.byRadius && !g.byBox:
		c.Error(fmt.Sprintf("ERR exactly one of BYRADIUS and BYBOX can be specified for %s", name))
	case g.any && g.count == 0:
		c.Error("ERR the ANY argument requires COUNT argument")
	default:
		return true
	}
	return false
}

// find looks at every place: a geohash could say which to skip.
func (g *geoSearch) find(z *keyspace.ZSet) (found []geoFound) {
	for member, score := range z.All() {
		p := placeOf(score)
		d := distance(g.center, p)
		switch {
		case g.byRadius && d > g.radius*g.metres:
		case g.byBox && latitudeDistance(p.latitude, g.center.latitude) > g.height*g.metres/2:
		case g.byBox && distance(p, place{g.center.longitude, p.latitude}) > g.width*g.metres/2:
		default:
			found = append(found, geoFound{member, score, p, d})
		}
		if g.any && int64(len(found)) == g.count {
			break
		}
	}
	nearest := func(a, b geoFound) int { return cmp.Compare(a.distance, b.distance) }
	switch {
	case g.descending:
		slices.SortStableFunc(found, func(a, b geoFound) int { return nearest(b, a) })
	case g.ascending, g.count > 0 && !g.any: // the nearest are wanted
		slices.SortStableFunc(found, nearest)
	}
	if g.count > 0 && int64(len(found)) > g.count {
		found = found[:g.count]
	}
	return found
}

func geosearch(c *Call) {
	from, stores := 1, c.Cmd.Flags.Has(Write)
	if stores {
		from = 2
	}
	z, ok := readObject[keyspace.ZSet](c, c.Args[from])
	if !ok {
		return
	}
	var g geoSearch
	if !g.parse(c, z, from+1, stores) {
		return
	}
	var found []geoFound
	if z != nil {
		found = g.find(z)
	}
	if stores {
		c.storePlaces(c.Args[1], &g, found)
		return
	}
	options := count(g.withDistance, g.withHash, g.withPlace)
	c.Reply.Array(len(found))
	for _, one := range found {
		if options > 0 {
			c.Reply.Array(1 + options)
		}
		c.Reply.Bulk(one.member)
		if g.withDistance {
			c.replyDistance(one.distance / g.metres)
		}
		if g.withHash {
			c.Reply.Int(int64(one.score))
		}
		if g.withPlace {
			c.replyPlace(one.place)
		}
	}
}

// storePlaces is the end of GEOSEARCHSTORE.
func (c *Call) storePlaces(key []byte, g *geoSearch, found []geoFound) {
	z := keyspace.NewZSet()
	for _, one := range found {
		score := one.score
		if g.storeDistance {
			score = one.distance / g.metres
		}
		z.Set(one.member, score)
	}
	if c.StoreObject(key, z) {
		c.Changed(max(len(found), 1))
	}
	c.Reply.Int(int64(len(found)))
}
