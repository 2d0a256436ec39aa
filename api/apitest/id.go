package apitest

import (
	"hash/fnv"
	"strings"
)

// Made-up ids are twelve characters of [a-z0-9], like PlanetScale's. A token's number and its id are computed from one
// another, so that a token is found by its id without a table of all ids: the number is scrambled by steps that each
// have an inverse on numbers of 62 bits, all of which fit twelve digits to the base 36.
const (
	idLength   = 12
	idAlphabet = "0123456789abcdefghijklmnopqrstuvwxyz"
	idMask     = 1<<62 - 1
	scramble   = 0x1b873593cc9e2d51 // odd, so that it has an inverse modulo a power of two
	whiten     = 0x2f0b4c47d1a5e693
)

var unscramble = inverse(scramble)

// inverse returns the inverse of an odd number modulo 2⁶⁴; each of Newton's steps doubles the bits that are right.
func inverse(odd uint64) uint64 {
	x := odd
	for range 6 {
		x *= 2 - odd*x
	}
	return x
}

// idOf returns the id of the token with the number.
func idOf(number int) string {
	x := (uint64(number)*scramble ^ whiten) & idMask
	x ^= x >> 31 // of 62 bits: its own inverse
	return encodeID(x * scramble & idMask)
}

// numberOf returns the number of the token with the id; ok is false if no number has it.
func numberOf(id string) (number int, ok bool) {
	if len(id) != idLength {
		return 0, false
	}
	var x uint64
	for _, c := range []byte(id) {
		digit := strings.IndexByte(idAlphabet, c)
		if digit < 0 {
			return 0, false
		}
		x = x*36 + uint64(digit)
	}
	if x > idMask {
		return 0, false
	}
	x = x * unscramble & idMask
	x ^= x >> 31
	x = (x ^ whiten) * unscramble & idMask
	return int(x), uint64(int(x)) == x
}

func encodeID(x uint64) string {
	var id [idLength]byte
	for i := idLength - 1; i >= 0; i-- {
		id[i] = idAlphabet[x%36]
		x /= 36
	}
	return string(id[:])
}

// namedID returns the id of something that is not a token: the same for the same name.
func namedID(name string) string {
	h := fnv.New64a()
	h.Write([]byte(name))
	return encodeID(hash(h.Sum64()) & idMask)
}

// hash is the output step of SplitMix64: a good mixture of all bits.
func hash(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
