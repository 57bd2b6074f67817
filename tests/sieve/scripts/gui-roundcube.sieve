require ["body","copy","fileinto","imap4flags","relational","comparator-i;ascii-numeric","variables"];
# rule:[Spam]
if anyof (header :contains "x-spam-flag" "YES", header :value "ge" :comparator "i;ascii-numeric" "x-spam-score" "8")
{
	fileinto "Junk";
	stop;
}
# rule:[Tea list]
if allof (header :contains "list-id" "tea.lists.example", not header :contains "subject" "moderator")
{
	fileinto "Lists/Tea";
}
# rule:[Mark the boss]
if address :is :all "from" "boss@example.org"
{
	addflag "\\Flagged";
}
# rule:[Everything else]
if false # header :contains "subject" "off"
{
	discard;
}
