package apitest

// days is a span of days, ends included.
type days struct{ from, to int }

func (d days) pick(h uint64) int { return d.from + int(h%uint64(d.to-d.from+1)) }

// whose says which actor a token has.
type whose int

const (
	anyones  whose = iota // one of many members, or the actor with many tokens
	machines              // a service
	nobodys               // no actor at all
	nameless              // an actor with an id only
)

// A story is what makes a token worth a look. Spans are in days before midnight; a zero span of lives and left means
// that the token never expires, one of used that it was never used.
type story struct {
	age     days
	lives   days // from issue to expiry
	left    days // from midnight to expiry, if lives is zero
	used    days
	actor   whose
	unnamed bool
	reach   reach
	grants  []grant
}

var (
	month  = days{30, 30}
	recent = days{2, 12}
	lately = days{1, 10}
)

// ordinary are the tokens as they should be: young, in use, expiring within the month, reading little.
var ordinary = []story{
	{age: recent, lives: month, used: lately, reach: readDatabase},
	{age: recent, lives: month, used: lately, reach: readStaging, grants: []grant{readBranchGrant}},
	{age: recent, lives: month, used: lately, reach: readSeveral, unnamed: true},
	{age: recent, lives: month, used: lately, reach: readUser, unnamed: true},
	{age: days{2, 3}, lives: month, reach: readDatabase},
	{age: recent, lives: month, used: lately, reach: readDatabase, actor: machines, grants: []grant{readDatabaseGrant}},
}

// peculiar are one case each of what an audit of tokens looks for; the first tokens of the list are these.
var peculiar = []story{
	ordinary[0],
	{age: days{60, 70}, lives: month, used: days{45, 55}, reach: readDatabase},           // expired
	{age: days{500, 900}, lives: month, reach: readStaging},                              // expired long ago
	{age: days{200, 400}, left: days{40, 200}, reach: readDatabase},                      // never used
	{age: days{400, 600}, left: days{40, 200}, used: days{200, 350}, reach: readStaging}, // unused for long
	{age: recent, used: lately, reach: readDatabase},                                     // never expires
	{age: recent, lives: days{730, 1825}, used: lately, reach: readStaging},              // lives long
	{age: recent, lives: days{36500, 36500}, used: lately, reach: readUser},              // lives a century
	{age: days{24, 28}, lives: month, used: lately, reach: readDatabase},                 // expires soon
	{age: recent, lives: month, used: lately, reach: readUndeclared},                     // undeclared scope
	{age: recent, lives: month, used: lately, reach: writeDatabase},                      // write
	{age: recent, lives: month, used: lately, reach: deleteBranch},                       // delete
	{age: recent, lives: month, used: lately, reach: managePasswords},                    // administrative
	{age: recent, lives: month, used: lately, reach: readEverything},                     // whole organization
	{age: recent, lives: month, used: lately, reach: readProduction},                     // production branch
	{age: recent, lives: month, used: lately, grants: []grant{productionGrant}},          // the same, by grant
	{age: recent, lives: month, used: lately, grants: []grant{readBranchGrant, deletedBranchGrant}},
	{age: recent, lives: month, used: lately, reach: readUser, grants: []grant{deletedDatabaseGrant}},
	{age: recent, lives: month, used: lately, reach: readDatabase, actor: nobodys, unnamed: true}, // actor gone
	{age: recent, lives: month, used: lately, reach: readUser, actor: nameless},                   // actor unknown
	{age: days{1500, 1600}, used: lately, reach: readDatabase, actor: machines},                   // unusual age
	{age: recent, lives: month, used: lately, reach: reachNull, unnamed: true},                    // touches nothing
	{age: recent, lives: month, used: lately, reach: reachNothing, grants: []grant{}},             // the same
	{age: days{700, 900}, used: days{300, 400}, reach: reachAll, actor: nobodys, grants: []grant{
		productionGrant, readDatabaseGrant, deletedBranchGrant, deletedDatabaseGrant,
	}}, // everything at once
	ordinary[1], ordinary[2], ordinary[3], ordinary[4], ordinary[5],
}

// purposes are names of tokens; some need escaping in JSON, HTML or CSV.
var purposes = []string{
	"CI deploys", "Nightly backup", "Schema review", "Query insights export", "Billing report", "Staging sync",
	"Data catalog", "On-call dashboard", "Tägliche Übersicht", `Q3 "reporting" & exports`, "分析パイプライン", "Load test",
}
