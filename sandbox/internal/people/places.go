package people

// country is where people live, with what follows from it.
type country struct {
	name, iso2, iso3 string
	regions          [2]string // from the wide one to the narrow one
	language         string
	cities           []city
	first, last      []string
}

type city struct{ name, state string }

func (c city) in(home *country) string { return c.name + ", " + c.state + ", " + home.name }

var countries = []country{
	{
		"United States", "US", "USA",
		[2]string{"Americas", "Northern America"},
		"English",
		[]city{{"San Francisco", "California"}, {"Austin", "Texas"}, {"New York", "New York"}, {"Columbus", "Ohio"}},
		[]string{"James", "Mary", "Michael", "Jennifer", "Robert", "Linda", "David", "Ashley", "Kevin", "Nicole", "Tyler", "Megan"},
		[]string{"Smith", "Johnson", "Williams", "Brown", "Miller", "Davis", "Anderson", "Moore", "Jackson", "O'Neil", "Parker", "Reed"},
	},
	{
		"Canada", "CA", "CAN",
		[2]string{"Americas", "Northern America"},
		"English",
		[]city{{"Toronto", "Ontario"}, {"Calgary", "Alberta"}, {"Montreal", "Quebec"}},
		[]string{"Liam", "Olivia", "Noah", "Emma", "Mathieu", "Chloé", "Owen", "Sophie", "Étienne", "Zoe"},
		[]string{"Tremblay", "Roy", "MacDonald", "Campbell", "Gagnon", "Wilson", "Bouchard", "Fraser", "Côté", "Singh"},
	},
	{
		"United Kingdom", "GB", "GBR",
		[2]string{"Europe", "Northern Europe"},
		"English",
		[]city{{"London", "England"}, {"Manchester", "England"}, {"Edinburgh", "Scotland"}, {"Cardiff", "Wales"}},
		[]string{"Oliver", "Amelia", "Harry", "Isla", "George", "Poppy", "Callum", "Freya", "Rhys", "Imogen"},
		[]string{"Taylor", "Evans", "Walker", "Wright", "Hughes", "Green", "Clarke", "Stewart", "Morgan", "Bennett"},
	},
	{
		"Germany", "DE", "DEU",
		[2]string{"Europe", "Western Europe"},
		"German",
		[]city{{"Berlin", "Berlin"}, {"Munich", "Bavaria"}, {"Hamburg", "Hamburg"}},
		[]string{"Jürgen", "Anna", "Lukas", "Katharina", "Sören", "Lena", "Matthias", "Ursula", "Björn", "Franziska"},
		[]string{"Müller", "Schmidt", "Weiß", "Fischer", "Schäfer", "Becker", "Hoffmann", "Köhler", "Krüger", "Vogel"},
	},
	{
		"France", "FR", "FRA",
		[2]string{"Europe", "Western Europe"},
		"French",
		[]city{{"Paris", "Île-de-France"}, {"Lyon", "Auvergne-Rhône-Alpes"}, {"Nantes", "Pays de la Loire"}},
		[]string{"Jean-Luc", "Camille", "Théo", "Manon", "Hugo", "Léa", "François", "Inès", "Antoine", "Élodie"},
		[]string{"Martin", "Bernard", "Dubois", "Lefèvre", "Moreau", "Girard", "Rousseau", "Fournier", "Mercier", "Chevalier"},
	},
	{
		"Spain", "ES", "ESP",
		[2]string{"Europe", "Southern Europe"},
		"Spanish",
		[]city{{"Madrid", "Community of Madrid"}, {"Barcelona", "Catalonia"}, {"Valencia", "Valencian Community"}},
		[]string{"José", "Lucía", "Álvaro", "María", "Javier", "Carmen", "Iker", "Marta", "Sergio", "Nerea"},
		[]string{"García", "Fernández", "López", "Martínez", "Sánchez", "Muñoz", "Romero", "Navarro", "Iglesias", "Ortega"},
	},
	{
		"Netherlands", "NL", "NLD",
		[2]string{"Europe", "Western Europe"},
		"Dutch",
		[]city{{"Amsterdam", "North Holland"}, {"Utrecht", "Utrecht"}, {"Eindhoven", "North Brabant"}},
		[]string{"Daan", "Sanne", "Bram", "Fleur", "Sem", "Lotte", "Thijs", "Anouk"},
		[]string{"de Vries", "Jansen", "van den Berg", "Bakker", "Visser", "Smit", "Mulder", "Hendriks"},
	},
	{
		"Sweden", "SE", "SWE",
		[2]string{"Europe", "Northern Europe"},
		"Swedish",
		[]city{{"Stockholm", "Stockholm County"}, {"Malmö", "Skåne County"}, {"Uppsala", "Uppsala County"}},
		[]string{"Erik", "Astrid", "Lars", "Elsa", "Gustav", "Linnéa", "Åke", "Maja"},
		[]string{"Andersson", "Johansson", "Lindqvist", "Bergström", "Nyström", "Holmberg", "Sjöberg", "Ekström"},
	},
	{
		"Poland", "PL", "POL",
		[2]string{"Europe", "Eastern Europe"},
		"Polish",
		[]city{{"Warsaw", "Mazowieckie"}, {"Kraków", "Małopolskie"}, {"Gdańsk", "Pomorskie"}},
		[]string{"Paweł", "Agnieszka", "Tomasz", "Zofia", "Michał", "Małgorzata", "Jakub", "Ewa"},
		[]string{"Nowak", "Kowalski", "Wiśniewski", "Wójcik", "Kamiński", "Zieliński", "Dąbrowski", "Król"},
	},
	{
		"Lithuania", "LT", "LTU",
		[2]string{"Europe", "Northern Europe"},
		"Lithuanian",
		[]city{{"Vilnius", "Vilniaus"}, {"Kaunas", "Kauno"}},
		[]string{"Jonas", "Rūta", "Mantas", "Eglė", "Tomas", "Ieva", "Darius", "Austėja"},
		[]string{"Kazlauskas", "Petrauskas", "Jankauskas", "Stankevičius", "Vasiliauskas", "Žukauskas", "Urbonas", "Butkus"},
	},
	{
		"Turkey", "TR", "TUR",
		[2]string{"Asia", "Western Asia"},
		"Turkish",
		[]city{{"Istanbul", "Istanbul"}, {"Ankara", "Ankara"}, {"Izmir", "Izmir"}},
		[]string{"Mehmet", "Ayşe", "Emre", "Zeynep", "Can", "Elif", "Barış", "Gülşen"},
		[]string{"Yılmaz", "Kaya", "Demir", "Şahin", "Çelik", "Aydın", "Öztürk", "Arslan"},
	},
	{
		"India", "IN", "IND",
		[2]string{"Asia", "Southern Asia"},
		"Hindi",
		[]city{{"Bengaluru", "Karnataka"}, {"Mumbai", "Maharashtra"}, {"Hyderabad", "Telangana"}, {"Chennai", "Tamil Nadu"}},
		[]string{"Aarav", "Priya", "Rohan", "Ananya", "Vikram", "Deepika", "Arjun", "Kavya", "Sanjay", "Meera"},
		[]string{"Sharma", "Patel", "Reddy", "Iyer", "Gupta", "Nair", "Kumar", "Desai", "Chatterjee", "Rao"},
	},
	{
		"Japan", "JP", "JPN",
		[2]string{"Asia", "Eastern Asia"},
		"Japanese",
		[]city{{"Tokyo", "Tokyo"}, {"Osaka", "Osaka"}, {"Fukuoka", "Fukuoka"}},
		[]string{"Haruto", "Yui", "Kenji", "Sakura", "Takumi", "Aiko", "Ren", "Naomi"},
		[]string{"Sato", "Suzuki", "Takahashi", "Tanaka", "Watanabe", "Ito", "Nakamura", "Kobayashi"},
	},
	{
		"Singapore", "SG", "SGP",
		[2]string{"Asia", "South-Eastern Asia"},
		"English",
		[]city{{"Singapore", "Central Region"}, {"Jurong", "West Region"}},
		[]string{"Wei Ming", "Hui Min", "Jun Jie", "Xin Yi", "Darren", "Nurul", "Ravi", "Siti"},
		[]string{"Tan", "Lim", "Lee", "Ng", "Wong", "Rahman", "Pillai", "Chua"},
	},
	{
		"Brazil", "BR", "BRA",
		[2]string{"Americas", "South America"},
		"Portuguese",
		[]city{{"São Paulo", "São Paulo"}, {"Rio de Janeiro", "Rio de Janeiro"}, {"Curitiba", "Paraná"}},
		[]string{"João", "Ana", "Gabriel", "Beatriz", "Thiago", "Larissa", "Rafael", "Fernanda", "André", "Júlia"},
		[]string{"Silva", "Santos", "Oliveira", "Souza", "Conceição", "Pereira", "Almeida", "Ribeiro", "Araújo", "Cardoso"},
	},
	{
		"Mexico", "MX", "MEX",
		[2]string{"Americas", "Central America"},
		"Spanish",
		[]city{{"Mexico City", "Mexico City"}, {"Guadalajara", "Jalisco"}, {"Monterrey", "Nuevo León"}},
		[]string{"Diego", "Valentina", "Santiago", "Ximena", "Luis", "Renata", "Óscar", "Paola"},
		[]string{"Hernández", "González", "Ramírez", "Flores", "Rivera", "Castillo", "Mendoza", "Aguilar"},
	},
	{
		"Nigeria", "NG", "NGA",
		[2]string{"Africa", "Western Africa"},
		"English",
		[]city{{"Lagos", "Lagos State"}, {"Abuja", "Federal Capital Territory"}},
		[]string{"Chinedu", "Ngozi", "Emeka", "Amina", "Tunde", "Folake", "Ibrahim", "Adaeze"},
		[]string{"Okafor", "Adeyemi", "Balogun", "Eze", "Mohammed", "Okonkwo", "Adebayo", "Nwosu"},
	},
	{
		"South Africa", "ZA", "ZAF",
		[2]string{"Africa", "Southern Africa"},
		"English",
		[]city{{"Cape Town", "Western Cape"}, {"Johannesburg", "Gauteng"}},
		[]string{"Thabo", "Lerato", "Pieter", "Nomsa", "Sipho", "Anika", "Themba", "Riana"},
		[]string{"Nkosi", "van der Merwe", "Dlamini", "Botha", "Naidoo", "Mokoena", "Jacobs", "Khumalo"},
	},
	{
		"Australia", "AU", "AUS",
		[2]string{"Oceania", "Australia and New Zealand"},
		"English",
		[]city{{"Sydney", "New South Wales"}, {"Melbourne", "Victoria"}, {"Perth", "Western Australia"}},
		[]string{"Jack", "Charlotte", "Lachlan", "Matilda", "Cooper", "Ruby", "Angus", "Sienna"},
		[]string{"Kelly", "Nguyen", "Thompson", "White", "Murphy", "Harris", "Ryan", "Papadopoulos"},
	},
	{
		"United Arab Emirates", "AE", "ARE",
		[2]string{"Asia", "Western Asia"},
		"Arabic",
		[]city{{"Dubai", "Dubai"}, {"Abu Dhabi", "Abu Dhabi"}},
		[]string{"Omar", "Fatima", "Khalid", "Layla", "Yousef", "Mariam", "Hassan", "Noor"},
		[]string{"Al Mansoori", "Haddad", "Al Farsi", "Khoury", "Nasser", "Saleh", "Qureshi", "Al Hashimi"},
	},
}
