require ["reject", "ereject"];
if size :over 10M { reject "too large"; }
if header :contains "Subject" "spam" { ereject text:
We do not want this.
.
; }
