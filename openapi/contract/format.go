package contract

import (
	"errors"
	"math"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/psoauth/psoauth/internal/strictjson"
)

// The formats that are checked, with what a message wants; any other says nothing, as OpenAPI has it. kin-openapi gets them
// with each call, because those it registers are for all of a program.
var (
	stringFormats = map[string]openapi3.StringFormatValidator{
		"date-time":     format("a date-time (RFC 3339)", isDateTime),
		"date":          format("a date (RFC 3339)", func(s string) bool { _, err := time.Parse(time.DateOnly, s); return err == nil }),
		"time":          format("a time with its zone (RFC 3339)", func(s string) bool { return isDateTime("2000-01-01T" + s) }),
		"uri":           format("an absolute URI (RFC 3986)", func(s string) bool { return isURI(s, true) }),
		"uri-reference": format("a URI reference (RFC 3986)", func(s string) bool { return isURI(s, false) }),
		"uuid":          format("a UUID (RFC 9562)", uuid.MatchString),
		"email":         format("an e-mail address (RFC 5322)", email.MatchString),
		"hostname":      format("a host name (RFC 1123)", func(s string) bool { return len(s) <= 253 && hostname.MatchString(s) }),
		"ipv4":          format("an IPv4 address", func(s string) bool { a, _ := netip.ParseAddr(s); return a.Is4() }),
		"ipv6":          format("an IPv6 address", isIPv6),
		"byte":          format("base64 (RFC 4648)", bytes64.MatchString),
	}
	numberFormats = map[string]openapi3.NumberFormatValidator{
		"float": format("a number that float32 holds", func(f float64) bool { return math.Abs(f) <= math.MaxFloat32 }),
	}
	integerFormats = map[string]openapi3.IntegerFormatValidator{
		"int32": format("an integer of 32 bits", func(n int64) bool { return n == int64(int32(n)) }),
	}
)

func format[T any](want string, ok func(T) bool) openapi3.FormatValidator[T] {
	return openapi3.NewCallbackValidator(func(v T) error {
		if !ok(v) {
			return errors.New(want)
		}
		return nil
	})
}

// FormatOptions returns the options with which kin-openapi checks formats as this package does.
func FormatOptions() []openapi3.SchemaValidationOption {
	return []openapi3.SchemaValidationOption{openapi3.WithStringFormatValidators(stringFormats),
		openapi3.WithNumberFormatValidators(numberFormats), openapi3.WithIntegerFormatValidators(integerFormats)}
}

var (
	email    = regexp.MustCompile(openapi3.FormatOfStringForEmail)
	bytes64  = regexp.MustCompile(`^([\w+/-]{4})*([\w+/-]{2}(==)?|[\w+/-]{3}=?)?$`) // either alphabet, with padding or without
	uuid     = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	escapes  = regexp.MustCompile(`^([^%]|%[0-9A-Fa-f]{2})*$`)
	hostname = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$`)
)

func isDateTime(s string) bool { return strictjson.ParseTime([]byte(s), new(time.Time)) }

const uriCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._~:/?#[]@!$&'()*+,;=-%"

// isURI looks at the characters itself because net/url lets spaces, quotes and letters beyond ASCII pass. Most members that
// have a format are URIs, so a regular expression is left to those with a percent sign.
func isURI(s string, absolute bool) bool {
	u, err := url.Parse(s)
	return err == nil && strings.Trim(s, uriCharacters) == "" &&
		(!strings.Contains(s, "%") || escapes.MatchString(s)) && (!absolute || u.IsAbs() && s != u.Scheme+":")
}

func isIPv6(s string) bool {
	a, _ := netip.ParseAddr(s)
	return a.Is6() && a.Zone() == ""
}
