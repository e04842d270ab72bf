package linkedin

import "slices"

// Scope is a permission that a person, or an administrator, grants an app. Members accept all scopes that are asked for or
// none, and asking for another set ends their earlier tokens.
type Scope string

// The scopes that LinkedIn's pages name. [KnownScopes] says what each opens and who gets it.
const (
	ScopeOpenID             Scope = "openid"
	ScopeProfile            Scope = "profile"
	ScopeEmail              Scope = "email"
	ScopeMemberSocial       Scope = "w_member_social"
	ScopeBasicProfile       Scope = "r_basicprofile"
	ScopeProfileBasicInfo   Scope = "r_profile_basicinfo"
	ScopeConnectionsSize    Scope = "r_1st_connections_size"
	ScopeConnections        Scope = "r_1st_connections"
	ScopeReadMemberSocial   Scope = "r_member_social"
	ScopeOrganizationSocial Scope = "w_organization_social"
	ScopeReadOrganization   Scope = "r_organization_social"
	ScopeOrganizationAdmin  Scope = "rw_organization_admin"
	ScopeReadAds            Scope = "r_ads"
	ScopeCompliance         Scope = "w_compliance"
	ScopeReadCompliance     Scope = "r_compliance"
	ScopeLegacyLiteProfile  Scope = "r_liteprofile"
	ScopeLegacyEmailAddress Scope = "r_emailaddress"
)

// ScopeInfo is what is known of a scope.
type ScopeInfo struct {
	// Scope is its name.
	Scope Scope
	// Opens says what it allows.
	Opens string
	// Access says who gets it.
	Access ScopeAccess
	// Product is what has to be added to the app in LinkedIn's developer portal, "" when that is not known.
	Product string
}

// ScopeAccess says who gets a scope.
type ScopeAccess string

// Who gets a scope.
const (
	// SelfServe scopes are for every app that adds the product.
	SelfServe ScopeAccess = "self-serve"
	// ByProgramme scopes are for apps that LinkedIn has approved.
	ByProgramme ScopeAccess = "by programme"
	// Closed scopes are given to no new app.
	Closed ScopeAccess = "closed"
	// Legacy scopes were replaced by those of OpenID Connect.
	Legacy ScopeAccess = "legacy"
)

const signIn = "Sign In with LinkedIn using OpenID Connect"

var knownScopes = []ScopeInfo{
	{ScopeOpenID, "an id token, and who the person is for this app", SelfServe, signIn},
	{ScopeProfile, "name and picture in /v2/userinfo", SelfServe, signIn},
	{ScopeEmail, "the primary e-mail address in /v2/userinfo", SelfServe, signIn},
	{ScopeMemberSocial, "posts, comments and likes in the person's name", SelfServe, "Share on LinkedIn"},
	{ScopeBasicProfile, "name, headline, picture and vanity name in /v2/me", ByProgramme, ""},
	{ScopeProfileBasicInfo, "the basic profile of a verified person", ByProgramme, "Verified on LinkedIn"},
	{ScopeConnectionsSize, "how many connections the person has", ByProgramme, ""},
	{ScopeReadOrganization, "posts of the organizations that the person administers", ByProgramme, "Community Management API"},
	{ScopeOrganizationSocial, "posts in the name of organizations that the person administers", ByProgramme, "Community Management API"},
	{ScopeOrganizationAdmin, "the pages and statistics of these organizations", ByProgramme, "Community Management API"},
	{ScopeReadAds, "the person's ad accounts", ByProgramme, "Advertising API"},
	{ScopeConnections, "the person's connections", Closed, ""},
	{ScopeReadMemberSocial, "the person's own posts", Closed, ""},
	{ScopeReadCompliance, "the person's activities, for archives that the law asks for", Closed, ""},
	{ScopeCompliance, "the same, to write", Closed, ""},
	{ScopeLegacyLiteProfile, "name and picture in /v2/me", Legacy, ""},
	{ScopeLegacyEmailAddress, "the e-mail address", Legacy, ""},
}

// KnownScopes returns the scopes that LinkedIn's pages name. Others can be asked for too: a Scope is its text.
//
// Source: learn.microsoft.com/linkedin/shared/authentication/getting-access.
func KnownScopes() []ScopeInfo { return slices.Clone(knownScopes) }
