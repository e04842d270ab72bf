package people

// career is a line of work: titles from the first job upwards, and what goes with them.
type career struct {
	department     string
	titles         []string
	skills         []string
	degrees        []string
	certifications []certification
}

type certification struct{ title, issuer string }

var careers = []career{
	{
		"Engineering and Technical",
		[]string{"Junior Software Engineer", "Software Engineer", "Senior Software Engineer", "Staff Software Engineer", "Engineering Manager", "Director of Engineering", "VP of Engineering", "Chief Technology Officer"},
		[]string{"Go", "Python", "Java", "Kubernetes", "PostgreSQL", "Distributed Systems", "Node.js", "C++", "Code Review"},
		[]string{"BSc, Computer Science", "MSc, Software Engineering", "BEng, Computer Engineering"},
		[]certification{{"Certified Kubernetes Administrator", "Cloud Native Board"}, {"Associate Cloud Architect", "Cloud Skills Institute"}},
	},
	{
		"Data Science",
		[]string{"Data Analyst", "Senior Data Analyst", "Data Scientist", "Senior Data Scientist", "Data Science Manager", "Head of Data Science", "Director of Data", "Chief Data Officer"},
		[]string{"SQL", "Python", "R", "Machine Learning", "Statistics", "Data Visualization", "A/B Testing", "Apache Spark"},
		[]string{"BSc, Statistics", "MSc, Data Science", "PhD, Applied Mathematics"},
		[]certification{{"Professional Data Engineer", "Cloud Skills Institute"}, {"Applied Machine Learning", "Open Learning College"}},
	},
	{
		"Sales",
		[]string{"Sales Development Representative", "Account Executive", "Senior Account Executive", "Sales Manager", "Regional Sales Director", "VP of Sales", "Chief Revenue Officer"},
		[]string{"Negotiation", "CRM", "Prospecting", "Account Management", "B2B Sales", "Forecasting", "Presentation Skills"},
		[]string{"BA, Business Administration", "BA, Communication Studies"},
		[]certification{{"Certified Sales Professional", "Sales Academy"}},
	},
	{
		"Marketing",
		[]string{"Marketing Assistant", "Marketing Specialist", "Marketing Manager", "Senior Marketing Manager", "Head of Marketing", "VP of Marketing", "Chief Marketing Officer"},
		[]string{"SEO", "Content Strategy", "Brand Management", "Email Marketing", "Google Analytics", "Copywriting", "Market Research"},
		[]string{"BA, Marketing", "MA, Media Studies"},
		[]certification{{"Digital Marketing Certificate", "Open Learning College"}},
	},
	{
		"Product",
		[]string{"Product Analyst", "Associate Product Manager", "Product Manager", "Senior Product Manager", "Group Product Manager", "Director of Product", "Chief Product Officer"},
		[]string{"Product Strategy", "Roadmapping", "User Research", "Agile", "Scrum", "Stakeholder Management", "Wireframing"},
		[]string{"BSc, Information Systems", "MBA, Innovation"},
		[]certification{{"Certified Scrum Product Owner", "Agile League"}},
	},
	{
		"Finance & Accounting",
		[]string{"Accountant", "Senior Accountant", "Financial Analyst", "Finance Manager", "Financial Controller", "Finance Director", "Chief Financial Officer"},
		[]string{"Financial Reporting", "IFRS", "Budgeting", "Auditing", "Microsoft Excel", "Tax", "Financial Modelling"},
		[]string{"BSc, Accounting and Finance", "MSc, Finance"},
		[]certification{{"Chartered Management Accountant", "Institute of Accountancy"}},
	},
	{
		"Human Resources",
		[]string{"HR Assistant", "Recruiter", "Senior Recruiter", "HR Business Partner", "Talent Acquisition Manager", "Head of People", "Chief People Officer"},
		[]string{"Sourcing", "Interviewing", "Employer Branding", "Onboarding", "Labour Law", "Coaching", "Talent Management"},
		[]string{"BA, Psychology", "MA, Human Resources"},
		[]certification{{"Certified HR Professional", "People Institute"}},
	},
	{
		"Design",
		[]string{"Graphic Designer", "UX Designer", "Senior UX Designer", "Product Designer", "Lead Product Designer", "Design Manager", "Head of Design"},
		[]string{"Figma", "Illustration", "Typography", "Prototyping", "Design Systems", "Usability Testing", "Photography"},
		[]string{"BA, Visual Communication", "BFA, Graphic Design"},
		[]certification{{"Usability Analyst", "Human Factors Board"}},
	},
	{
		"Operations",
		[]string{"Logistics Coordinator", "Warehouse Supervisor", "Supply Chain Analyst", "Operations Manager", "Senior Operations Manager", "Director of Operations", "Chief Operating Officer"},
		[]string{"Supply Chain Management", "Lean", "Inventory Control", "Procurement", "SAP", "Process Improvement", "Fleet Management"},
		[]string{"BSc, Industrial Engineering", "BSc, Logistics"},
		[]certification{{"Lean Six Sigma Green Belt", "Quality Council"}},
	},
	{
		"Medical",
		[]string{"Registered Nurse", "Senior Nurse", "Nurse Practitioner", "Ward Manager", "Clinical Director", "Chief Nursing Officer"},
		[]string{"Patient Care", "Triage", "Infection Control", "Clinical Research", "Medication Management", "First Aid"},
		[]string{"BSc, Nursing", "MSc, Public Health"},
		[]certification{{"Advanced Life Support", "Resuscitation Board"}},
	},
	{
		"Education",
		[]string{"Teaching Assistant", "Teacher", "Senior Teacher", "Head of Department", "Deputy Principal", "Principal"},
		[]string{"Curriculum Design", "Classroom Management", "E-Learning", "Mentoring", "Public Speaking", "Assessment"},
		[]string{"BEd, Education", "MA, Education Management"},
		[]certification{{"Qualified Teacher", "Teaching Council"}},
	},
	{
		"Legal",
		[]string{"Legal Assistant", "Paralegal", "Associate Lawyer", "Senior Legal Counsel", "Head of Legal", "General Counsel"},
		[]string{"Contract Law", "Compliance", "GDPR", "Due Diligence", "Legal Writing", "Mergers & Acquisitions"},
		[]string{"LLB, Law", "LLM, Commercial Law"},
		[]certification{{"Certified Privacy Professional", "Privacy Association"}},
	},
}

// higherTitle is the next title of the career; a title at its top, or from
// elsewhere, gets the first rank in front that it does not have yet.
func (c *career) higherTitle(title string) string {
	for i, t := range c.titles[:len(c.titles)-1] {
		if t == title {
			return c.titles[i+1]
		}
	}
	return rankAbove(title)
}
