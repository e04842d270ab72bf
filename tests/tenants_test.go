package tests

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/tokenstore"
	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/prospectnotes"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/webhook"
)

// sqlClaims is a webhook.Store in a table.
type sqlClaims struct{ db *sql.DB }

const claimsTable = `CREATE TABLE claims (name TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, ends BIGINT NOT NULL, done INTEGER NOT NULL)`

func (s sqlClaims) Claim(ctx context.Context, key string, lease time.Duration) (webhook.Claim, error) {
	now, owner := time.Now(), rand.Text()
	changed, err := s.change(ctx, `INSERT INTO claims (name, owner, ends, done) VALUES ($1, $2, $3, 0)
		ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, ends = excluded.ends, done = 0 WHERE claims.ends <= $4`,
		key, owner, now.Add(lease).UnixNano(), now.UnixNano())
	if err != nil || changed {
		return webhook.Claim{Result: webhook.Claimed, Owner: owner}, err
	}
	var done int
	if err := s.db.QueryRowContext(ctx, `SELECT done FROM claims WHERE name = $1`, key).Scan(&done); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return webhook.Claim{}, err
	}
	return webhook.Claim{Result: map[bool]webhook.ClaimResult{false: webhook.InProgress, true: webhook.AlreadyDone}[done == 1]}, nil
}

func (s sqlClaims) Done(ctx context.Context, key, owner string, ttl time.Duration) error {
	return s.end(ctx, `UPDATE claims SET done = 1, ends = $3 WHERE name = $1 AND owner = $2 AND done = 0`, key, owner, time.Now().Add(ttl).UnixNano())
}

func (s sqlClaims) Release(ctx context.Context, key, owner string) error {
	return s.end(ctx, `DELETE FROM claims WHERE name = $1 AND owner = $2 AND done = 0`, key, owner)
}

func (s sqlClaims) end(ctx context.Context, statement string, arguments ...any) error {
	changed, err := s.change(ctx, statement, arguments...)
	if err == nil && !changed {
		err = webhook.ErrLeaseLost
	}
	return err
}

func (s sqlClaims) change(ctx context.Context, statement string, arguments ...any) (bool, error) {
	result, err := s.db.ExecContext(ctx, statement, arguments...)
	if err != nil {
		return false, err
	}
	changed, err := result.RowsAffected()
	return changed > 0, err
}

// tenant is a customer: an app with a contract, whose tokens and checkpoint are in tables.
type tenant struct {
	name, secret string
	contract     urn.URN
	client       *pronet.Client
	checkpoint   *prospectnotes.SQLCheckpoint
}

// event is the deletion of a note.
func (c *tenant) event(note int) string {
	return fmt.Sprintf(`{"prospectNoteId":%d,"type":"DELETE_PROSPECT_NOTE","integrationContext":%q}`, note, c.contract.String())
}

// work reads the contract that the event names with the tenant's tokens, which those of no other tenant can, and stores the
// note with its checkpoint.
func (c *tenant) work(ctx context.Context, d *webhook.Delivery) error {
	event, ok := d.Events[0].(webhook.ProspectNoteDeleted)
	if !ok || d.Label != c.name {
		return errors.New("a delivery of another tenant")
	}
	if err := seatsOf(ctx, c.client, event.Contract.String()); err != nil {
		return err
	}
	state, err := c.checkpoint.Load(ctx)
	if err != nil {
		return err
	}
	next := prospectnotes.State{Generation: state.Generation + 1, Contract: c.contract, Until: time.Now().UTC(), Tombs: append(state.Tombs, prospectnotes.Tomb{ID: event.NoteID, Kept: time.Now().UTC().Add(time.Hour)})}
	return c.checkpoint.Save(ctx, next, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO deleted (tenant, contract, note) VALUES ($1, $2, $3)`, c.name, event.Contract.String(), event.NoteID)
		return err
	})
}

// TestThousandTenantsOnSQLStores: one receiver, whose deduplication, tokens and checkpoints are in a database. Every delivery
// reaches its own tenant, once, while tenants come and go.
func TestThousandTenantsOnSQLStores(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "tenants.db")+"?_pragma=busy_timeout(60000)&_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)&_txlock=immediate")
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		db.SetMaxOpenConns(4)
		thousandTenants(t, db, tokenstore.SQLite, prospectnotes.SQLite)
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		db, err := sql.Open("pgx", postgreSQLSchema(t))
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		db.SetMaxOpenConns(8)
		thousandTenants(t, db, tokenstore.PostgreSQL, prospectnotes.PostgreSQL)
	})
}

func thousandTenants(t *testing.T, db *sql.DB, tokens tokenstore.Dialect, notes prospectnotes.Dialect) {
	const n, coming, senders = 1_000, 100, 4
	for _, statement := range []string{claimsTable, `CREATE TABLE deleted (tenant TEXT NOT NULL, contract TEXT NOT NULL, note TEXT NOT NULL)`} {
		_, err := db.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
	store := newTokenStore(t, db, tokens, "")
	sb, client := sandbox.ForTest(t)
	all := make([]*tenant, n)
	for i := range all {
		app := sb.LinkedIn.AddApp()
		contract, err := urn.Parse(app.Contract)
		require.NoError(t, err)
		all[i] = &tenant{name: app.ClientID, secret: app.ClientSecret, contract: contract}
	}
	var tenants webhook.Tenants[*tenant]
	before := heap()
	for _, c := range all {
		var err error
		c.client, err = client.Clone(pronet.WithLinkedIn(linkedin.AppTokens(c.name, c.secret).In(store)))
		require.NoError(t, err)
		c.checkpoint, err = prospectnotes.NewSQLCheckpoint(db, notes, "", c.name)
		require.NoError(t, err)
		require.NoError(t, tenants.Set(c.name, c, c.secret))
	}
	t.Logf("%d bytes of memory a tenant, with a client and a checkpoint", (heap()-before)/n)
	require.NoError(t, all[0].checkpoint.Create(t.Context()))
	handler, err := webhook.NewHandler(tenants.Sender(), tenants.Handle(func(ctx context.Context, c *tenant, d *webhook.Delivery) error { return c.work(ctx, d) }),
		webhook.WithStore(sqlClaims{db}), webhook.WithDeadline(10*time.Minute), webhook.WithLogger(slog.New(slog.DiscardHandler)))
	require.NoError(t, err)
	post := func(c *tenant, secret, body string) int {
		header, err := webhook.SignHMAC(webhook.LinkedInScheme(), secret, []byte(body), time.Now(), nil)
		require.NoError(t, err)
		r := httptest.NewRequest(http.MethodPost, "/linkedin/"+c.name, strings.NewReader(body))
		r.Header = header
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w.Code
	}

	stop := make(chan struct{})
	var come, work sync.WaitGroup
	come.Go(func() { // the last hundred, until the others have theirs
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			c := all[n-1-i%coming]
			tenants.Remove(c.name)
			runtime.Gosched()
			assert.NoError(t, tenants.Set(c.name, c, "the next secret of "+c.name, c.secret))
		}
	})
	var late sync.Map
	for s := range senders {
		work.Go(func() {
			for i := s; i < n; i += senders {
				c, thief := all[i], all[(i+1)%n]
				body := c.event(i + 1)
				switch status := post(c, c.secret, body); {
				case status == http.StatusOK:
					assert.Equal(t, http.StatusOK, retried(func() int { return post(c, c.secret, body) }), "it is replayed")
				case i >= n-coming: // it was away, before or while its delivery was in work
					assert.Contains(t, []int{http.StatusNotFound, http.StatusServiceUnavailable}, status)
					late.Store(i, body)
				default:
					assert.Fail(t, "a delivery was refused", "%s: %d", c.name, status)
				}
				assert.Contains(t, []int{http.StatusUnauthorized, http.StatusNotFound}, post(thief, c.secret, body))
			}
		})
	}
	work.Wait()
	close(stop)
	come.Wait()
	late.Range(func(i, body any) bool {
		c := all[i.(int)]
		assert.Equal(t, http.StatusOK, post(c, c.secret, body.(string)), "LinkedIn sends it again")
		return true
	})

	rows, err := db.QueryContext(t.Context(), `SELECT tenant, contract, note FROM deleted`)
	require.NoError(t, err)
	defer rows.Close()
	got := map[string][]string{}
	for rows.Next() {
		var name, contract, note string
		require.NoError(t, rows.Scan(&name, &contract, &note))
		got[name] = append(got[name], contract+" "+note)
	}
	require.NoError(t, rows.Err())
	for i, c := range all {
		assert.Equal(t, []string{c.contract.String() + " " + fmt.Sprint(i+1)}, got[c.name], c.name)
	}
	assert.Len(t, got, n)
	assert.Equal(t, n, sb.LinkedIn.TokensIssued())
}

// retried is the status of a tenant's delivery, which may be away for a moment.
func retried(send func() int) (status int) {
	for range 1_000 {
		if status = send(); status != http.StatusNotFound {
			return status
		}
		runtime.Gosched()
	}
	return status
}

// heap is the memory in use.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
