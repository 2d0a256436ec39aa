package contract

import (
	"encoding/base64"
	"errors"
	"math"
	"net/mail"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

// A format is one that values are held to.
type format struct {
	want string
	ok   func(text string) bool // nil for a number's
}

// formats are those that are checked. Any other says nothing, as OpenAPI has it.
var formats = map[string]format{
	"date-time":     {"a date-time (RFC 3339)", isDateTime},
	"date":          {"a date (RFC 3339)", func(s string) bool { _, err := time.Parse(time.DateOnly, s); return err == nil }},
	"time":          {"a time with its zone (RFC 3339)", func(s string) bool { return isDateTime("2000-01-01T" + s) }},
	"uri":           {"an absolute URI (RFC 3986)", func(s string) bool { return isURI(s, true) }},
	"uri-reference": {"a URI reference (RFC 3986)", func(s string) bool { return isURI(s, false) }},
	"uuid":          {"a UUID (RFC 9562)", uuid.MatchString},
	"email":         {"an e-mail address (RFC 5322)", isEmail},
	"hostname":      {"a host name (RFC 1123)", func(s string) bool { return len(s) <= 253 && hostname.MatchString(s) }},
	"ipv4":          {"an IPv4 address", func(s string) bool { a, err := netip.ParseAddr(s); return err == nil && a.Is4() }},
	"ipv6": {"an IPv6 address", func(s string) bool {
		a, err := netip.ParseAddr(s)
		return err == nil && a.Is6() && a.Zone() == ""
	}},
	"byte":  {"base64 (RFC 4648)", isBase64},
	"int32": {"an integer of 32 bits", nil},
	"float": {"a number that float32 holds", nil},
}

// The validators that kin-openapi gets with each call: those it registers for all of a program are not this package's.
var (
	stringValidators  = map[string]openapi3.StringFormatValidator{}
	numberValidators  = map[string]openapi3.NumberFormatValidator{"float": openapi3.NewRangeFormatValidator(-math.MaxFloat32, math.MaxFloat32)}
	integerValidators = map[string]openapi3.IntegerFormatValidator{"int32": openapi3.NewRangeFormatValidator[int64](math.MinInt32, math.MaxInt32)}
)

// FormatOptions returns the options with which kin-openapi holds values to formats as this package does.
func FormatOptions() []openapi3.SchemaValidationOption {
	return []openapi3.SchemaValidationOption{openapi3.WithStringFormatValidators(stringValidators),
		openapi3.WithNumberFormatValidators(numberValidators), openapi3.WithIntegerFormatValidators(integerValidators)}
}

var errFormat = errors.New("another format")

func init() {
	for name, f := range formats {
		if f.ok != nil {
			stringValidators[name] = openapi3.NewCallbackValidator(func(s string) error {
				if !f.ok(s) {
					return errFormat
				}
				return nil
			})
		}
	}
}

var (
	uuid     = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	dateTime = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`)
	uriText  = regexp.MustCompile(`^([A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*$`)
	hostname = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$`)
)

// isDateTime takes what both RFC 3339 and time.Time take: time.Time refuses a small t or z and a leap second, and takes a
// comma, an hour of one digit and a zone of any size.
func isDateTime(s string) bool {
	_, err := time.Parse(time.RFC3339, s)
	return err == nil && dateTime.MatchString(s)
}

// isURI looks at the characters itself because net/url lets spaces, quotes and letters beyond ASCII pass.
func isURI(s string, absolute bool) bool {
	u, err := url.Parse(s)
	plain := strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~:/?#[]@!$&'()*+,;=-") == "" // most are
	return err == nil && (plain || uriText.MatchString(s)) && (!absolute || u.IsAbs() && s != u.Scheme+":")
}

func isEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Name == "" && a.Address == s
}

// isBase64 takes either alphabet, with padding or without, because the format does not say which.
func isBase64(s string) bool {
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawStdEncoding, base64.RawURLEncoding} {
		if _, err := encoding.DecodeString(s); err == nil {
			return true
		}
	}
	return false
}
