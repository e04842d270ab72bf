//go:build unix

package fleet

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/adapters/postgres"
	"github.com/pronet-go/pronet/examples/fleet/testservers"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

// What the judge finds, by name.
const (
	lostChange      = "a change was lost"
	boughtAgain     = "a record was bought a second time"
	paidInVain      = "a record was bought and neither handed over nor in doubt"
	handedTwice     = "a record was handed over twice"
	olderAfterNewer = "an older record was handed over after a newer one"
	overLimit       = "the rate limit was exceeded"
	overBudget      = "the budget was exceeded"
	renewedAgain    = "a token was renewed more often than it must"
	leftLocked      = "something is left locked"
	strange         = "something else"
)

// late is by how much the judge may see one call later than another, on a machine that is busy.
const late = time.Second / 5

// line is a row of the user's table.
type line struct {
	number, purchase, version int
	at                        time.Time
	person                    int64
	text                      string // of a doubt, or of what should not be
}

// doubt reports whether a response was lost. What else has no record must not be.
func (l line) doubt() bool { return l.purchase == 0 && !strings.HasPrefix(l.text, "no ") }

// account is what the judge finds.
type account struct {
	*world
	inNATS  bool
	lines   []line
	found   map[string][]string
	summary string
}

func (a *account) find(what, format string, values ...any) {
	a.found[what] = append(a.found[what], fmt.Sprintf(format, values...))
}

// check makes the account of a run that has ended.
func (f *fleet) check(ctx context.Context) *account {
	a := &account{world: f.world, inNATS: f.size.inNATS, found: map[string][]string{}}
	db, err := sql.Open("pgx", testservers.PostgresURL(f.servers["PostgreSQL"].Address))
	require.NoError(f.t, err)
	defer func() { require.NoError(f.t, db.Close()) }()
	a.read(ctx, f.t, db)
	f.world.mu.Lock()
	for _, fault := range f.faults {
		a.find(strange, "%s", fault)
	}
	a.limits()
	a.budget(f.size.budget)
	a.tokens()
	for _, who := range f.people {
		a.person(who)
	}
	handed, doubts := 0, 0
	for _, l := range a.lines {
		if l.purchase > 0 {
			handed++
		} else {
			doubts++
		}
	}
	renewals := 0
	for _, e := range f.epochs {
		renewals += len(e.renewals)
	}
	a.summary = fmt.Sprintf("%d notices, %d records bought, %d handed over, %d doubts, %d kills, %d outages of PostgreSQL, %d of Redis and %d of NATS, %d renewals of %d tokens",
		len(f.notices), len(f.purchases), handed, doubts, len(f.kills), len(f.outages["PostgreSQL"]), len(f.outages["Redis"]), len(f.outages["NATS"]), renewals, len(f.epochs))
	f.world.mu.Unlock()
	f.locks(ctx, a, db)
	return a
}

func (a *account) read(ctx context.Context, t *testing.T, db *sql.DB) {
	t.Helper()
	rows, err := db.QueryContext(ctx, "SELECT number, at, person, purchase, version, text FROM handed ORDER BY number")
	require.NoError(t, err)
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var l line
		require.NoError(t, rows.Scan(&l.number, &l.at, &l.person, &l.purchase, &l.version, &l.text))
		a.lines = append(a.lines, l)
	}
	require.NoError(t, rows.Err())
}

// limits looks at each window of a second.
func (a *account) limits() {
	arrivals := slices.SortedFunc(slices.Values(a.arrivals), time.Time.Compare)
	for i := limit; i < len(arrivals); i++ {
		if between := arrivals[i].Sub(arrivals[i-limit]); between < time.Second-late {
			a.find(overLimit, "%d calls within %s, until %s", limit+1, between, arrivals[i].Format("05.000"))
		}
	}
}

// budget looks at what was sold before the budget was raised.
func (a *account) budget(records int64) {
	before := a.sold
	if a.raised.IsZero() {
		before = len(a.purchases)
	}
	if int64(before) > records {
		a.find(overBudget, "%d records were sold, and the budget was %d", before, records)
	}
}

// tokens allows one renewal of each token, and one more for each kill that fell into its life.
func (a *account) tokens() {
	for i, e := range a.epochs {
		most := 1
		for _, kill := range a.kills {
			if e.touches(kill, kill) {
				most++
			}
		}
		if len(e.renewals) > most {
			a.find(renewedAgain, "token %d was renewed at %v; its life began at %s", i+1, times(e.renewals), e.begin.Format("05.000"))
		}
	}
}

func times(list []time.Time) (texts []string) {
	for _, at := range list {
		texts = append(texts, at.Format("05.000"))
	}
	return texts
}

// person looks at all that happened about one.
func (a *account) person(who *person) {
	var told []line
	for _, l := range a.lines {
		if l.person == who.id {
			told = append(told, l)
		}
	}
	before := len(a.all())
	a.order(who, told)
	a.money(who, told)
	for _, n := range who.notices {
		known := slices.ContainsFunc(told, func(l line) bool {
			return l.version >= n.version || l.doubt() && l.at.After(n.accepted.Add(-time.Second)) // the handler may respond later than the work begins
		})
		if !n.accepted.IsZero() && !known {
			a.find(lostChange, "person %d: notice %d of version %d was accepted at %s", who.id, n.number, n.version, n.accepted.Format("05.000"))
		}
	}
	if all := a.all(); len(all) > before {
		a.find("about it", "%s", history(who, told))
	}
}

// order looks at what was handed over, in its order.
func (a *account) order(who *person, told []line) {
	newest, seen := 0, map[int]bool{}
	for _, l := range told {
		if l.purchase == 0 {
			if l.doubt() {
				continue
			}
			a.find(strange, "person %d: %s", who.id, l.text)
			continue
		}
		if seen[l.purchase] {
			a.find(handedTwice, "person %d: record %d", who.id, l.purchase)
		}
		if l.version < newest {
			a.find(olderAfterNewer, "person %d: version %d after version %d", who.id, l.version, newest)
		}
		seen[l.purchase], newest = true, max(newest, l.version)
	}
}

// money looks for what each record was bought.
func (a *account) money(who *person, told []line) {
	most := 0 // deliveries that may have been stored
	for _, n := range who.notices {
		most += n.maybe
		if !n.accepted.IsZero() {
			most++
		}
		// While Redis is away it cannot be marked that a delivery is done. In NATS each process knows what any has in work, and
		// takes the same bytes for news meanwhile.
		inWork := a.inNATS && !slices.ContainsFunc(told, func(l line) bool { return l.version >= n.version && l.at.Before(n.repeat.begin) })
		if n.repeated && (inWork || a.away("Redis", n.accepted.Add(-time.Second), n.repeat.end)) {
			most++
		}
	}
	if len(who.bought) > most {
		a.find(boughtAgain, "person %d: %d records for %d deliveries", who.id, len(who.bought), most)
	}
	doubts, handed := 0, map[int]bool{}
	for _, l := range told {
		if l.doubt() {
			doubts++
		}
		handed[l.purchase] = true
	}
	open := 0
	for _, b := range who.bought {
		if !handed[b.number] && !outdated(b, who, handed) {
			open++
		}
	}
	if open > doubts {
		a.find(paidInVain, "person %d: %d records, and %d doubts", who.id, open, doubts)
	}
}

// waited is how long a call may wait between the moment at which a process asks and that at which the provider sees it.
const waited = 10 * time.Second

// outdated reports whether a record may be left out, since one that was asked for later was handed over: what the provider
// sold later, or, of two calls that were on their way at the same time, what it sold just before and is as new.
func outdated(b *purchase, who *person, handed map[int]bool) bool {
	return slices.ContainsFunc(who.bought, func(other *purchase) bool {
		return handed[other.number] && (other.number > b.number || other.version >= b.version && b.at.Sub(other.at) < waited)
	})
}

func history(who *person, told []line) string {
	type event struct {
		at   time.Time
		text string
	}
	var events []event
	for _, n := range who.notices {
		events = append(events, event{n.accepted, fmt.Sprintf("notice %d of version %d accepted, %d other attempts may have been stored", n.number, n.version, n.maybe)})
		if n.repeated {
			events = append(events, event{n.repeat.end, fmt.Sprintf("notice %d sent again, which was tried from %s on", n.number, n.repeat.begin.Format("05.000"))})
		}
	}
	for _, b := range who.bought {
		events = append(events, event{b.at, fmt.Sprintf("record %d bought, version %d", b.number, b.version)})
	}
	for _, l := range told {
		events = append(events, event{l.at, fmt.Sprintf("handed over: record %d, version %d %s", l.purchase, l.version, l.text)})
	}
	slices.SortStableFunc(events, func(a, b event) int { return a.at.Compare(b.at) })
	var text strings.Builder
	fmt.Fprintf(&text, "person %d:\n", who.id)
	for _, e := range events {
		fmt.Fprintf(&text, "      %s %s\n", e.at.UTC().Format("05.000"), e.text)
	}
	return text.String()
}

// locks looks for what those who come next would wait for.
func (f *fleet) locks(ctx context.Context, a *account, db *sql.DB) {
	var leases, open int
	require.NoError(f.t, db.QueryRowContext(ctx, "SELECT count(*) FROM pronet.leases WHERE ends > clock_timestamp()").Scan(&leases))
	require.NoError(f.t, db.QueryRowContext(ctx, "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'").Scan(&open))
	if leases > 0 || open > 0 {
		a.find(leftLocked, "%d leases, %d transactions", leases, open)
	}
	redis := goredis.NewClient(&goredis.Options{Addr: f.servers["Redis"].Address})
	defer func() { _ = redis.Close() }()
	marks, err := redis.Keys(ctx, "pronet:mark:*").Result()
	require.NoError(f.t, err)
	for _, mark := range marks {
		if value := redis.Get(ctx, mark).Val(); strings.HasPrefix(value, "owner") && redis.PTTL(ctx, mark).Val() > 2*webhook.DefaultDeadline {
			a.find(leftLocked, "a mark is held for longer than its lease")
		}
	}
	if f.size.inNATS {
		f.queue(ctx, a)
	} else {
		f.directories(a)
	}
	store, err := postgres.Open(db, postgres.Options{})
	require.NoError(f.t, err)
	tokens, err := store.Tokens()
	require.NoError(f.t, err)
	client, err := pronet.New(pronet.WithLinkedIn(linkedin.AppTokens(clientID, clientSecret).In(tokens), pronet.BaseURL(f.settings.LinkedIn), pronet.LinkedInAccountsURL(f.settings.LinkedIn)))
	require.NoError(f.t, err)
	defer client.CloseIdleConnections()
	until := time.Now().Add(2 * time.Minute) // who died while it renewed keeps the others from it for 75 seconds
	for {
		err := callOnce(ctx, client)
		if err == nil {
			return
		}
		if time.Now().After(until) {
			a.find(leftLocked, "the token: %v", err)
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// directories looks for what the processes have left in theirs.
func (f *fleet) directories(a *account) {
	sender, err := webhook.Coresignal(webhook.Endpoint{Label: "people", Token: f.settings.Token})
	require.NoError(f.t, err)
	for _, m := range f.members {
		notices, err := spool.Open(filepath.Join(f.settings.Dir, fmt.Sprint(m.number), "notices"), spool.Options{}, sender)
		if err != nil {
			a.find(leftLocked, "the directory of process %d: %v", m.number, err)
			continue
		}
		if s := notices.Status(); s.Pending > 0 || s.Dead > 0 || s.KeptBytes > 0 {
			a.find(strange, "process %d leaves %d deliveries, %d dead ones and %d bytes that were bought", m.number, s.Pending, s.Dead, s.KeptBytes)
		}
		require.NoError(f.t, notices.Close())
	}
}

// queue looks for what was left in the streams, by the server's own client.
func (f *fleet) queue(ctx context.Context, a *account) {
	conn, err := natsgo.Connect(testservers.NATSURL(f.servers["NATS"].Address))
	require.NoError(f.t, err)
	defer conn.Close()
	js, err := jetstream.New(conn)
	require.NoError(f.t, err)
	streams := 0
	for info := range js.ListStreams(ctx).Info() {
		if name := info.Config.Name; strings.HasSuffix(name, "-work") || strings.HasSuffix(name, "-dead") {
			if streams++; info.State.Msgs > 0 {
				a.find(strange, "%d deliveries are left in the stream %s", info.State.Msgs, name)
			}
		}
	}
	require.Equal(f.t, 2, streams)
}

// all is what was found, by name.
func (a *account) all() (names []string) {
	for name, list := range a.found {
		for range list {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
