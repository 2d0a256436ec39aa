package contract

import (
	"errors"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// maxDigits bounds the exponents that numbers are computed with. Beyond it a number is no float64 and has been reported
// as such; computing with it could take any time.
const maxDigits = 1000

// A decimal is a JSON number taken apart: its sign aside, digits × 10^exponent, with no zero
// at either end of the digits.
type decimal struct {
	digits   string
	exponent int64
}

func parseDecimal(text string) decimal {
	mantissa, exponent, scientific := strings.Cut(strings.ToLower(text), "e")
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(mantissa, "-"), ".")
	d := decimal{exponent: -int64(len(fraction))}
	if scientific {
		n, err := strconv.ParseInt(exponent, 10, 32)
		if err != nil { // too large to compute with: as far out as the sign says
			n = math.MaxInt32
			if exponent[0] == '-' {
				n = math.MinInt32
			}
		}
		d.exponent += n
	}
	digits := strings.TrimLeft(whole+fraction, "0")
	d.digits = strings.TrimRight(digits, "0")
	d.exponent += int64(len(digits) - len(d.digits))
	return d
}

// integer reports whether the number is one, however it is written.
func (d decimal) integer() bool { return d.digits == "" || d.exponent >= 0 }

// size is how many digits the number has before its decimal point.
func (d decimal) size() int64 { return int64(len(d.digits)) + d.exponent }

const maxInt64Digits = int64(len("9223372036854775807"))

// literalInteger reports whether text, a JSON number, is written as an integer.
func literalInteger(text string) bool { return !strings.ContainsAny(text, ".eE") }

// fitsInt64 reports whether an integer as it is written fits 64 bits.
func fitsInt64(text string) bool {
	if int64(len(text)) < maxInt64Digits {
		return true
	}
	_, err := strconv.ParseInt(text, 10, 64)
	return err == nil
}

// maxSafeInteger is the largest integer up to which float64 holds all of them.
const maxSafeInteger = 1 << 53

// fitsFloat64 reports whether float64 holds the number: a fraction may be rounded, an integer may not, and nothing may
// become infinite or zero.
func fitsFloat64(text string) bool {
	if len(text) <= 15 && literalInteger(text) {
		return true
	}
	f, err := strconv.ParseFloat(text, 64)
	if errors.Is(err, strconv.ErrRange) {
		return false
	}
	d := parseDecimal(text)
	if f == 0 {
		return d.digits == ""
	}
	if !d.integer() || math.Abs(f) <= maxSafeInteger && len(d.digits) <= 15 {
		return true
	}
	exact, ok := rational(text)
	return ok && new(big.Rat).SetFloat64(f).Cmp(exact) == 0
}

// rational returns the exact number, or false if its exponent is out of all bounds.
func rational(text string) (*big.Rat, bool) {
	if d := parseDecimal(text); d.exponent > maxDigits || d.exponent < -maxDigits {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

// bounds are what a schema says about the size of a number.
type bounds struct {
	min, max, multiple         *big.Rat
	exclusiveMin, exclusiveMax bool
}

// decimalRat returns the decimal number that f was written as in the contract.
func decimalRat(f *float64) *big.Rat {
	if f == nil {
		return nil
	}
	r, _ := new(big.Rat).SetString(strconv.FormatFloat(*f, 'g', -1, 64))
	return r
}

// broken returns what is wrong with the number, or "".
func (b *bounds) broken(text string) string {
	n, ok := rational(text)
	if !ok {
		return ""
	}
	if b.min != nil {
		if c := n.Cmp(b.min); c < 0 || c == 0 && b.exclusiveMin {
			return "the number is below its minimum of " + short(b.min)
		}
	}
	if b.max != nil {
		if c := n.Cmp(b.max); c > 0 || c == 0 && b.exclusiveMax {
			return "the number is above its maximum of " + short(b.max)
		}
	}
	if b.multiple != nil && !new(big.Rat).Quo(n, b.multiple).IsInt() {
		return "the number is not a multiple of " + short(b.multiple)
	}
	return ""
}

func short(r *big.Rat) string {
	f, _ := r.Float64()
	return strconv.FormatFloat(f, 'g', -1, 64)
}
