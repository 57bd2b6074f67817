"""What of which standard is supported, and how that is tried.

"Dovecot": the commands run against a real one; "transcript": the RFC's examples are played against `ClientProtocol`,
whole and octet by octet, as they are for the others; "unit": by unit tests only.
The tests hold this table against the code: what it cites anywhere is here, except for the RFCs of Sieve scripts, which
are those of `mailrules.sieve`.

==== ================================== ================================================================== ==========
RFC  Title                              How far                                                            Tried
==== ================================== ================================================================== ==========
1035 Domain names                       the length of labels                                               unit
2045 MIME: format of bodies             attachments, in rules                                              unit
2046 MIME: media types                  attachments, in rules                                              unit
2047 MIME: encoded words in headers     reading, in rules                                                  unit
2177 IDLE                               all                                                                Dovecot
2183 Content-Disposition                attachments, in rules                                              unit
2231 MIME: parameter values             reading, in rules                                                  unit
2342 NAMESPACE                          all                                                                Dovecot
2369 List-* header fields               kinds of mail, in rules                                            unit
2919 List-Id                            reading, in rules                                                  unit
2971 ID                                 all                                                                Dovecot
3339 Dates on the Internet              dates in rule files                                                unit
3464 Delivery status notifications      kinds of mail, in rules                                            unit
3490 Internationalized domain names     comparing domains, in rules                                        unit
3501 IMAP4rev1                          all                                                                Dovecot
3502 MULTIAPPEND                        all                                                                Dovecot
3691 UNSELECT                           all                                                                Dovecot
3834 Auto-Submitted                     kinds of mail, in rules                                            unit
4315 UIDPLUS                            all; UIDNOTSTICKY is only passed on                                Dovecot
4422 SASL                               what AUTHENTICATE needs of it                                      Dovecot
4616 SASL PLAIN                         all                                                                Dovecot
4731 ESEARCH                            all                                                                Dovecot
4790 Collations                         i;ascii-numeric, in rules                                          unit
4959 SASL-IR                            all                                                                Dovecot
4978 COMPRESS=DEFLATE                   all                                                                Dovecot
5161 ENABLE                             all                                                                Dovecot
5173 Sieve body                         what a body is, in rules                                           unit
5229 Sieve variables                    what a pattern's wildcards stood for, in rules                     unit
5233 Sieve subaddress                   user and detail of an address, in rules                            unit
5258 LIST-EXTENDED                      all                                                                Dovecot
5260 Sieve date                         parts of dates, in rules                                           unit
5322 Internet Message Format            headers, in rules; names of fields                                 unit
5465 NOTIFY                             all; events of annotations and metadata are only asked for         Dovecot
5490 Sieve mailboxexists                which mailboxes there are, in rules                                unit
5530 Response codes                     by name                                                            unit
5819 LIST-STATUS                        all                                                                Dovecot
5890 Internationalized domain names     comparing domains, in rules                                        unit
6154 SPECIAL-USE, CREATE-SPECIAL-USE    all; CREATE-SPECIAL-USE by transcript                              Dovecot
6522 multipart/report                   kinds of mail, in rules                                            unit
6761 Special-use domain names           which addresses are the machine's own                              unit
6838 Media type registration            how long a type is, in tests of rules                              unit
6851 MOVE                               all                                                                Dovecot
6855 UTF8=ACCEPT                        all; no UTF8=ONLY                                                  transcript
7162 CONDSTORE, QRESYNC                 CONDSTORE; of QRESYNC only VANISHED, which is never asked for      Dovecot
7352 Sieve duplicate                    telling duplicates, in rules                                       unit
7888 LITERAL+, LITERAL-                 all; LITERAL- by transcript                                        Dovecot
8098 Message disposition notifications  kinds of mail, in rules                                            unit
8314 TLS for mail                       ports and modes, in the client                                     unit
8457 Important, a special use           all                                                                unit
8474 OBJECTID                           MAILBOXID in STATUS; other ids are not read                        transcript
8579 Sieve specialuse_exists            which special uses there are, in rules                             unit
8601 Authentication-Results             reading, in rules                                                  unit
9051 IMAP4rev2                          what it shares with IMAP4rev1; ESEARCH answers, OLDNAME, CLOSED    transcript
==== ================================== ================================================================== ==========

Beside the RFCs there is X-GM-EXT-1, Google's own: labels of messages and Gmail's search, tried by transcript.
"""
