package sandbox

// purse names credits that are spent together.
type purse int

const (
	v2Purse purse = iota
	v1Purse
	realTimePurse
)

// pool is the credits of one purse. The provider's lock guards it.
type pool struct {
	left, spent int
}

// take spends n credits, or none when there are too few.
func (p *pool) take(n int) bool {
	if n > p.left {
		return false
	}
	p.left -= n
	p.spent += n
	return true
}

func noCredits() *problem { return refusal(402, "Insufficient credits") }

// charge takes a price from a dataset's pool.
func (c *coresignal) charge(set *dataset, price int) *problem {
	if price == 0 {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.pools[set.purse].take(price) {
		return noCredits()
	}
	return nil
}

func (c *coresignal) creditsLeft(which purse) int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.pools[which].left
}

func (c *coresignal) creditsSpent(which purse) int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.pools[which].spent
}

// Credits returns how many credits the v2 endpoints may still spend.
func (sb *Sandbox) Credits() int { return sb.coresignal.creditsLeft(v2Purse) }

// CreditsSpent returns how many credits the v2 endpoints have spent.
func (sb *Sandbox) CreditsSpent() int { return sb.coresignal.creditsSpent(v2Purse) }

// V1Credits returns how many credits the v1 endpoints may still spend.
func (sb *Sandbox) V1Credits() int { return sb.coresignal.creditsLeft(v1Purse) }

// V1CreditsSpent returns how many credits the v1 endpoints have spent.
func (sb *Sandbox) V1CreditsSpent() int { return sb.coresignal.creditsSpent(v1Purse) }

// RealTimeCredits returns how many credits the real-time endpoint may still spend.
func (sb *Sandbox) RealTimeCredits() int { return sb.coresignal.creditsLeft(realTimePurse) }

// RealTimeCreditsSpent returns how many credits the real-time endpoint has spent.
func (sb *Sandbox) RealTimeCreditsSpent() int { return sb.coresignal.creditsSpent(realTimePurse) }

// AddCredits adds n credits to the pool of the v2 endpoints, as buying some
// does. A negative n takes credits away, down to none.
func (sb *Sandbox) AddCredits(n int) { sb.coresignal.addCredits(v2Purse, n) }

// AddV1Credits adds n credits to the pool of the v1 endpoints.
func (sb *Sandbox) AddV1Credits(n int) { sb.coresignal.addCredits(v1Purse, n) }

// AddRealTimeCredits adds n credits to the pool of the real-time endpoint.
func (sb *Sandbox) AddRealTimeCredits(n int) { sb.coresignal.addCredits(realTimePurse, n) }

func (c *coresignal) addCredits(which purse, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pools[which].left = max(0, c.pools[which].left+n)
}

func (c *coresignal) setCredits(which purse, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pools[which].left = n
}
