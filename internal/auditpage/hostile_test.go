package auditpage_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
)

// hostileNames are names that somebody could give to a token, a scope or themselves, each of which would do something if it were not
// shown as text: a script of them sets window.hacked.
var hostileNames = []string{
	"<script>window.hacked=1</script>", "</td></tr></table><img src=x onerror=window.hacked=2>",
	`"><svg/onload=window.hacked=3>`, "</script><script>window.hacked=4</script>", "<!--", "--><b>bold</b>",
	"<!--<script>", "' onmouseover='window.hacked=5", "javascript:window.hacked=6", "\u202egnp.exe", "\u2066rtl\u2069",
	"שלום <b>", "\x1b[31mred\x00", "{{.}}", "${window.hacked=7}", "`+(window.hacked=8)+`", "&lt;i&gt;", "&#60;i&#62;",
	"]]>", "\u2028\u2029", "<a href=//evil.example>x</a>", "\\u003cscript\\u003e", "<style>*{display:none}</style>",
	"<meta http-equiv=refresh content='0;url=//evil.example'>", "<iframe src=//evil.example>", "\xff\xfe<",
	"<base href=//evil.example>", "pscale_tkn_canary0canary",
}

// RunsNothingElse checks that what got into the page in spite of everything could neither run nor tell anybody.
func (b *tab) RunsNothingElse() {
	b.t.Helper()
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
	defer server.Close()
	b.Run(`
		const script = document.createElement("script");
		script.textContent = "window.hacked = 1";
		document.body.append(script);
		document.body.insertAdjacentHTML("beforeend",
			"<img src=` + server.URL + `/x onerror='window.hacked = 2'><style>body { display: none }</style>")`)
	if got := value[string](b, "fetch('"+server.URL+"').then(() => 'answered', () => 'refused')"); got != "refused" {
		b.t.Errorf("a request was %s", got)
	}
	if n := requests.Load(); n != 0 {
		b.t.Errorf("%d requests were sent", n)
	}
	b.Is("[window.hacked ?? 0, document.body.checkVisibility()]", "[0,true]")
	if len(b.Problems()) == 0 {
		b.t.Error("the browser does not say that it refused anything")
	}
}
