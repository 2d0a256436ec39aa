package contract

import (
	"cmp"
	_ "embed"
	html "html/template"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/psoauth/psoauth/internal/look"
	"github.com/psoauth/psoauth/internal/text"
)

var (
	//go:embed report.html
	htmlTemplate string
	//go:embed report.css
	htmlStyle string
)

// htmlPage is made when it is first needed: other formats should not wait for it.
var htmlPage = sync.OnceValue(func() *look.Page {
	return look.New(htmlTemplate, htmlStyle, "", html.FuncMap{"printable": text.Printable})
})

const (
	htmlPlaces  = 100 // of a rule in an operation, and unseen members of an operation, that the page lists
	htmlContext = 8   // lines of the contract that the page shows at a finding
	htmlWidth   = 200 // bytes of such a line
)

type htmlReport struct {
	*Report
	SpecName   string
	Rules      []htmlRule
	Operations []htmlOperation
}

// An htmlRule is what was found by one rule in one operation.
type htmlRule struct {
	Rule
	Severity  Severity
	Operation string
	Count     int
	Places    []htmlPlace
	Others    int
	Line      int // of the contract, at the first finding; 0 if unknown
	Contract  []htmlLine
}

type htmlPlace struct {
	Count                  int
	Place, Source, Message string
	Status                 int
}

type htmlLine struct {
	Number int
	Text   string
}

type htmlOperation struct {
	OperationCoverage
	Answers []string // the statuses that came, and how often
	Never   []string // the statuses that did not
	Unseen  []string
	Others  int
	Percent int
}

// writeHTML writes one self-contained page: what was found, at which place of which response and of the contract, and
// what was covered.
func (r *Report) writeHTML(w io.Writer) error {
	page := htmlReport{Report: r, SpecName: r.specName}
	for _, g := range r.groups() {
		last := len(page.Rules) - 1
		if last < 0 || page.Rules[last].ID != g.Rule || page.Rules[last].Operation != g.Operation {
			page.Rules = append(page.Rules, htmlRule{
				Rule: *rulesByID[g.Rule], Severity: g.Severity, Operation: g.Operation, Line: g.line, Contract: r.contractAt(g.line),
			})
			last++
		}
		rule := &page.Rules[last]
		rule.Count += g.count
		if len(rule.Places) == htmlPlaces {
			rule.Others++
			continue
		}
		place := cmp.Or(shown(g.In, g.pointer), "the "+g.In)
		rule.Places = append(rule.Places, htmlPlace{g.count, place, text.Printable(g.Source), g.Message, g.Status})
	}
	slices.SortStableFunc(page.Rules, func(a, b htmlRule) int { return int(b.Severity) - int(a.Severity) })
	for _, op := range r.Coverage.Operations {
		page.Operations = append(page.Operations, newHTMLOperation(op))
	}
	return htmlPage().Write(w, "Contract check: "+r.Summary.String(), page)
}

func newHTMLOperation(op OperationCoverage) htmlOperation {
	shown := htmlOperation{OperationCoverage: op, Never: op.unanswered, Unseen: topmost(op.Members.Unseen), Percent: 100}
	for status, n := range op.Statuses {
		shown.Answers = append(shown.Answers, status+" ×"+strconv.Itoa(n))
	}
	slices.Sort(shown.Answers)
	if op.Members.Declared > 0 {
		shown.Percent = 100 * op.Members.Seen / op.Members.Declared
	}
	if len(shown.Unseen) > htmlPlaces {
		shown.Unseen, shown.Others = shown.Unseen[:htmlPlaces], len(shown.Unseen)-htmlPlaces
	}
	return shown
}

// contractAt returns what the contract says from a line on: that line and those that are indented below it. Where a whole
// operation or response begins it says nothing of what was found.
func (r *Report) contractAt(line int) (shown []htmlLine) {
	lines := r.contract.lines
	if line < 1 || line > len(lines) || r.contract.heads(line) {
		return nil
	}
	indent := func(s string) int { return len(s) - len(strings.TrimLeft(s, " ")) }
	first := indent(lines[line-1])
	for number := line; number <= len(lines) && len(shown) < htmlContext; number++ {
		says := lines[number-1]
		if number > line && strings.TrimSpace(says) != "" && indent(says) <= first {
			break
		}
		// A document may be one long line.
		shown = append(shown, htmlLine{number, text.Excerpt(says[min(first, len(says)):], htmlWidth)})
	}
	return shown
}
